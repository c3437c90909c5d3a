import { field, invalidArgument, throwViolations, unknownFields } from './gemini-fields.js';
import { isObject, objects, text, type Json } from './json.js';
import { listNames, sign } from './words.js';

/** Of these a part has exactly one. */
const DATA_FIELDS = listNames(`
  text inlineData fileData functionCall functionResponse executableCode codeExecutionResult toolCall toolResponse
`);
const PART_FIELDS = [...DATA_FIELDS, 'thought', 'thoughtSignature', 'videoMetadata', 'mediaResolution', 'partMetadata'];
/** What the API takes in place of a signature that the caller never had. */
const words = ['skip_thought_signature_validator', 'context_engineering_is_the_way_to_go'];
/** The documented words, plain or in base64 as other signatures are. */
const NO_SIGNATURE = [...words, ...words.map((word) => Buffer.from(word).toString('base64'))];

export const partsOf = (content: Json): Json[] => objects(content['parts']);

/** The text in a content, without thoughts. */
export const contentText = (content: Json): string =>
  partsOf(content)
    .filter((part) => part['thought'] !== true)
    .map((part) => text(part['text']))
    .filter(Boolean)
    .join('\n');

/** The calls or responses in a content. */
export const functionsOf = (content: Json, name: 'functionCall' | 'functionResponse'): Json[] =>
  partsOf(content).flatMap((part) => {
    const value = field(part, name);
    return isObject(value) ? [value] : [];
  });

export const mediaOf = (content: Json): string[] =>
  partsOf(content).flatMap((part) => {
    const data = field(part, 'inlineData') ?? field(part, 'fileData');
    if (!isObject(data)) return [];
    return [text(field(data, 'mimeType')).split('/')[0] || 'file'];
  });

/** Checks `contents` as the API does; with `signed`, calls of the current turn need the signatures they came with. */
export function checkContents(given: unknown, signed: boolean): Json[] {
  const contents = isObject(given) ? [given] : objects(given);
  if (contents.length === 0) throw invalidArgument('* GenerateContentRequest.contents: contents is not specified\n');
  contents.forEach(checkContent);
  contents.forEach((content, i) => checkCalls(content, i, contents));
  if (signed) checkSignatures(contents);
  return contents;
}

function checkContent(content: Json, i: number): void {
  const at = `contents[${i}]`;
  throwViolations(unknownFields(content, ['role', 'parts'], at));
  const role = content['role'] ?? 'user';
  if (role !== 'user' && role !== 'model' && role !== 'function') {
    throw invalidArgument('Please use a valid role: user, model.');
  }
  const parts = partsOf(content);
  if (parts.length === 0)
    throw invalidArgument(`* GenerateContentRequest.${at}.parts: contents.parts must not be empty.\n`);
  parts.forEach((part, j) => {
    const place = `${at}.parts[${j}]`;
    throwViolations(unknownFields(part, PART_FIELDS, place));
    const data = DATA_FIELDS.filter((name) => field(part, name) !== undefined);
    if (data.length !== 1 && part['thought'] !== true) {
      const rule = "required oneof field 'data' must have one initialized field";
      throw invalidArgument(`* GenerateContentRequest.${place}.data: ${rule}\n`);
    }
    checkStruct(field(part, 'functionCall'), 'args', `${place}.function_call`);
    checkStruct(field(part, 'functionResponse'), 'response', `${place}.function_response`);
  });
}

/** Arguments and results are JSON objects, and belong to a name. */
function checkStruct(value: unknown, name: string, at: string): void {
  if (value === undefined) return;
  const owner = isObject(value) ? value : {};
  throwViolations(unknownFields(owner, ['id', 'name', name, 'parts', 'scheduling', 'willContinue'], at));
  if (text(owner['name']) === '') throw invalidArgument(`* GenerateContentRequest.${at}.name: Name cannot be empty.\n`);
  if (owner[name] === undefined || isObject(owner[name])) return;
  const type = 'type.googleapis.com/google.protobuf.Struct';
  throw invalidArgument(`Invalid value at '${at}.${name}' (${type}), ${JSON.stringify(owner[name])}`);
}

/** Calls follow a user's turn, and the next content answers all of them. */
function checkCalls(content: Json, i: number, contents: readonly Json[]): void {
  const calls = functionsOf(content, 'functionCall').length;
  const next = contents[i + 1];
  const previous = contents[i - 1];
  if (calls > 0 && (!previous || previous['role'] === 'model')) {
    const rule =
      'Please ensure that function call turn comes immediately after a user turn or after a function response turn.';
    throw invalidArgument(rule);
  }
  const answered = next ? functionsOf(next, 'functionResponse').length : 0;
  const given = functionsOf(content, 'functionResponse').length;
  const asked = previous ? functionsOf(previous, 'functionCall').length : 0;
  if (answered === calls && given === asked) return;
  throw invalidArgument(
    'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
  );
}

/** https://ai.google.dev/gemini-api/docs/thought-signatures: the first call of each step since the user last spoke. */
function checkSignatures(contents: readonly Json[]): void {
  const from = contents.findLastIndex((content) => content['role'] !== 'model' && contentText(content) !== '');
  contents.forEach((content, i) => {
    const first = partsOf(content).find((part) => isObject(field(part, 'functionCall')));
    if (i <= from || !first) return;
    const name = functionsOf(content, 'functionCall')[0]?.['name'];
    const signature = text(field(first, 'thoughtSignature'));
    if (signature === '') {
      const rule = 'This is required for tools to work correctly.';
      const where = `Additional data, function call \`default_api:${text(name)}\`, position ${i + 1}.`;
      throw invalidArgument(`Function call is missing a thought_signature in functionCall parts. ${rule} ${where}`);
    }
    if (signature !== sign(text(name)) && !NO_SIGNATURE.includes(signature)) {
      throw invalidArgument('Thought signature is not valid.');
    }
  });
}
