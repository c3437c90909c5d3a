import type { Conversation, Tool } from './conversation.js';
import { checkContents, contentText, functionsOf, mediaOf, partsOf } from './gemini-contents.js';
import { field, invalidArgument, throwViolations, unknownFields } from './gemini-fields.js';
import { schemaViolations } from './gemini-schema.js';
import { isObject, objects, strings, text, type Json } from './json.js';
import { MEDIA_TOKENS } from './vendor.js';
import { listNames, tokens } from './words.js';

export interface GenerateRequest {
  conversation: Conversation;
  candidates: number;
  /** Whether thoughts are part of the answer. */
  shows_thoughts: boolean;
  signs_calls: boolean;
  signs_text: boolean;
  numbers_calls: boolean;
}

const FIELDS = listNames(`
  model contents systemInstruction tools toolConfig generationConfig safetySettings cachedContent serviceTier
  labels store
`);
const CONFIG_FIELDS = listNames(`
  stopSequences responseMimeType responseSchema responseJsonSchema _responseJsonSchema responseModalities
  candidateCount maxOutputTokens temperature topP topK seed presencePenalty frequencyPenalty responseLogprobs
  logprobs enableEnhancedCivicAnswers speechConfig thinkingConfig imageConfig mediaResolution
`);
const DECLARATION_FIELDS = listNames(`
  name description behavior parameters parametersJsonSchema response responseJsonSchema
`);

/** Checks the body of a generateContent request as the API does and reads it. */
export function readGenerate(model: string, body: Json): GenerateRequest {
  throwViolations(unknownFields(body, FIELDS, ''));
  // Since the third generation a call must come back with the signature it was given with.
  const signs = /^gemini-(?!1|2)\d/u.test(model);
  const contents = checkContents(body['contents'], signs);
  const config = objectField(body, 'generationConfig');
  throwViolations(unknownFields(config, CONFIG_FIELDS, 'generation_config'));
  checkRange(config, 'temperature', 0, 2);
  checkRange(config, 'topP', 0, 1);
  checkRange(config, 'maxOutputTokens', 1, Infinity);
  checkRange(config, 'candidateCount', 1, 8);
  const tools = readTools(body);
  const format = readFormat(config);
  if (format.type !== 'text' && tools.length > 0 && !signs) {
    throw invalidArgument("Function calling with a response mime type: 'application/json' is unsupported");
  }
  const thinking = objectField(config, 'thinkingConfig');
  const shows_thoughts = field(thinking, 'includeThoughts') === true;
  const budget = field(thinking, 'thinkingBudget');
  const thinks = budget !== 0 && (shows_thoughts || budget != null || field(thinking, 'thinkingLevel') != null);
  const users = contents.filter((content) => content['role'] !== 'model' && contentText(content) !== '');
  const last = users.at(-1);
  return {
    candidates: Number(field(config, 'candidateCount') ?? 1),
    shows_thoughts,
    signs_calls: signs || thinks,
    signs_text: signs && thinks,
    numbers_calls: signs,
    conversation: {
      system: contentText(objectField(body, 'systemInstruction')),
      question: last ? contentText(last) : '',
      turn: users.length,
      media: last ? mediaOf(last) : [],
      results: trailingResults(contents),
      tools,
      choice: readChoice(body, tools),
      parallel: true,
      format,
      input_tokens: countInput(body, contents, tools),
      max_tokens: Number(field(config, 'maxOutputTokens') ?? Infinity),
      stop: strings(field(config, 'stopSequences')),
      thinking: thinks,
    },
  };
}

const objectField = (object: Json, name: string): Json => {
  const value = field(object, name);
  return isObject(value) ? value : {};
};

function checkRange(config: Json, name: string, low: number, high: number): void {
  const value = field(config, name);
  if (value == null || (typeof value === 'number' && value >= low && value <= high)) return;
  const at = name.replace(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
  throw invalidArgument(`* GenerateContentRequest.generation_config.${at}: must be in the range [${low}, ${high}]\n`);
}

function readTools(body: Json): Tool[] {
  return objects(body['tools']).flatMap((tool, i) =>
    objects(field(tool, 'functionDeclarations')).map((own, j) => {
      const at = `tools[${i}].function_declarations[${j}]`;
      throwViolations(unknownFields(own, DECLARATION_FIELDS, at));
      const name = text(own['name']);
      if (!/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/u.test(name)) {
        const rule = 'Must start with a letter or an underscore, and hold letters, digits, _ . : - only, at most 128.';
        throw invalidArgument(`* GenerateContentRequest.${at}.name: Invalid function name. ${rule}\n`);
      }
      const plain = field(own, 'parametersJsonSchema');
      if (plain !== undefined && own['parameters'] !== undefined) {
        throw invalidArgument(
          `* GenerateContentRequest.${at}: parameters and parameters_json_schema exclude each other\n`,
        );
      }
      throwViolations(schemaViolations(own['parameters'], `${at}.parameters`));
      const schema = plain ?? own['parameters'] ?? { type: 'object', properties: {} };
      return { name, description: text(own['description']), schema };
    }),
  );
}

function readChoice(body: Json, tools: readonly Tool[]): Conversation['choice'] {
  const config = objectField(objectField(body, 'toolConfig'), 'functionCallingConfig');
  const mode = text(config['mode']) || 'AUTO';
  const modes: Record<string, Conversation['choice']['mode']> = {
    AUTO: 'auto',
    VALIDATED: 'auto',
    ANY: 'required',
    NONE: 'none',
  };
  const read = modes[mode.toUpperCase()];
  if (!read) {
    const at = 'tool_config.function_calling_config.mode';
    throw invalidArgument(
      `Invalid value at '${at}' (type.googleapis.com/google.ai.generativelanguage.v1beta.Mode), "${mode}"`,
    );
  }
  const names = strings(field(config, 'allowedFunctionNames'));
  const unknown = names.find((name) => !tools.some((tool) => tool.name === name));
  if (unknown !== undefined)
    throw invalidArgument(`allowed_function_names has a function that is not declared: ${unknown}`);
  return { mode: read, ...(names.length > 0 && { names }) };
}

function readFormat(config: Json): Conversation['format'] {
  const dialect = field(config, 'responseSchema');
  const plain = field(config, 'responseJsonSchema') ?? config['_responseJsonSchema'];
  const json = field(config, 'responseMimeType') === 'application/json';
  if (dialect !== undefined && plain !== undefined) {
    throw invalidArgument('response_schema and response_json_schema exclude each other');
  }
  throwViolations(schemaViolations(dialect, 'generation_config.response_schema'));
  const schema = dialect ?? plain;
  if (schema === undefined) return { type: json ? 'json' : 'text' };
  if (!json) throw invalidArgument('A response schema needs the response mime type application/json');
  return { type: 'schema', schema };
}

/** Function responses of the last content. */
const trailingResults = (contents: readonly Json[]): { name: string; text: string }[] =>
  functionsOf(contents.at(-1) ?? {}, 'functionResponse').map(({ name, response }) => {
    const result = isObject(response) ? (response['result'] ?? response['output'] ?? response) : response;
    return { name: text(name), text: typeof result === 'string' ? result : JSON.stringify(result ?? {}) };
  });

function countInput(body: Json, contents: readonly Json[], tools: readonly Tool[]): number {
  const config = objectField(body, 'generationConfig');
  const schema = field(config, 'responseSchema') ?? field(config, 'responseJsonSchema');
  const inContents = contents.reduce((sum, content) => {
    const functions = [...functionsOf(content, 'functionCall'), ...functionsOf(content, 'functionResponse')];
    const texts = partsOf(content).reduce((count, part) => count + tokens(text(part['text'])), 0);
    const others = functions.reduce(
      (count, one) => count + tokens(JSON.stringify(one['args'] ?? one['response'] ?? {})),
      0,
    );
    return sum + texts + others + MEDIA_TOKENS * mediaOf(content).length;
  }, 0);
  return (
    inContents +
    tokens(contentText(objectField(body, 'systemInstruction'))) +
    (tools.length > 0 ? tokens(JSON.stringify(tools)) : 0) +
    (schema === undefined ? 0 : tokens(JSON.stringify(schema)))
  );
}
