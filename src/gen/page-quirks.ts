/** A row's quirks as sentences. The tables are typed by the quirks, so that one without a sentence does not compile. */
import type {
  EmbeddingQuirks,
  EmbeddingRule,
  ModelRule,
  ParamQuirks,
  Quirks,
  ReasoningLock,
  RerankQuirks,
  RerankRule,
  Roles,
  ToolRoot,
  ValueTable,
} from '../../providers/openai/quirks.js';

/** One function for each field; an empty text says nothing. */
type Sentences<Q> = { [K in keyof Required<Q>]: (value: NonNullable<Q[K]>) => string | readonly string[] };

export const code = (text: string): string => `\`${text}\``;
const json = (value: unknown): string => code(JSON.stringify(value));

function listed(names: readonly string[]): string {
  return [...names].sort().map(code).join(', ');
}

function say<Q extends object>(quirks: Q, sentences: Sentences<Q>): string[] {
  const out: string[] = [];
  for (const name of Object.keys(sentences) as (keyof Q)[]) {
    const value = quirks[name];
    if (value !== undefined && value !== null) out.push(...[sentences[name](value)].flat());
  }
  return out.filter((sentence) => sentence !== '');
}

const pattern = (match: RegExp): string => code(String(match));
const path = (text: string): string => `is posted to ${code(text)}`;

function valueLines(param: string, table: ValueTable): string[] {
  const given = (value: string): string => (value === 'object' ? 'an object' : code(value));
  return Object.entries(table).map(([value, fields]) => {
    if (value === '*') return `With ${code(param)} also goes ${json(fields)}.`;
    if (fields === null) return `${code(param)} does not take ${given(value)}.`;
    if (Object.keys(fields).length === 0) return `${code(param)} ${given(value)} is the default there and not sent.`;
    return `${code(param)} ${given(value)} is sent as ${json(fields)}.`;
  });
}

const paramSentences: Sentences<ParamQuirks> = {
  // What is refused or taken besides stands in the lists of parameters.
  omit: () => '',
  also: () => '',
  local: (names) => `Done by callm, not sent: ${listed(names)}.`,
  rename: (names) => Object.entries(names).map(([from, to]) => `${code(from)} is sent as ${code(to)}.`),
  values: (tables) => Object.entries(tables).flatMap(([param, table]) => valueLines(param, table)),
};

const ruleParams: Sentences<ParamQuirks> = {
  ...paramSentences,
  omit: (names) => `Refused: ${listed(names)}.`,
  also: (names) => `Takes ${listed(names)}.`,
};

function roleLines(roles: Roles): string[] {
  return Object.entries(roles).map(([from, to]) =>
    from === to ? `The role ${code(from)} is sent as it is.` : `The role ${code(from)} is sent as ${code(to)}.`,
  );
}

function lockLine({ params, fixed, default: effort, always }: ReasoningLock): string {
  const when = always
    ? 'Always refused'
    : effort === undefined
      ? 'Refused unless `reasoning_effort` is `none`'
      : 'Refused while `reasoning_effort` is given and not `none`';
  const passes = Object.entries({ ...(params.includes('temperature') && { temperature: 1 }), ...fixed })
    .map(([name, value]) => code(`${name}: ${JSON.stringify(value)}`))
    .join(', ');
  return `${when}: ${listed(params)}${passes === '' ? '' : `, but for ${passes}`}.`;
}

const sentBack = (fields: readonly string[]): string => `Sent back with the assistant's turn: ${listed(fields)}.`;

const toolRoot = (root: ToolRoot): string =>
  root === 'plain'
    ? "Alternatives (`anyOf`, `oneOf`, `allOf`), references and literals at the root of a tool's schema are merged into one object, with a warning."
    : "A tool's schema without a type is sent as one of an object.";

const modelSentences: Sentences<Omit<ModelRule, 'match'>> = {
  ...ruleParams,
  roles: roleLines,
  lock: lockLine,
  reasoning_back: (rule) =>
    rule === 'none'
      ? 'Takes no earlier reasoning back.'
      : "Assistant turns that call tools and bear no reasoning (another provider's) are sent with a blank one.",
  send_back: sentBack,
  cache_control: (form) =>
    form === 'keep'
      ? '`cache_control` marks are sent.'
      : '`cache_control` marks are sent as `prompt_cache_breakpoint`.',
  tool_root: toolRoot,
  web_search_tool: (type) => `${code('web_search_options')} becomes the tool ${code(type)}.`,
};

const embeddingRule: Sentences<Omit<EmbeddingRule, 'match'>> = {
  ...ruleParams,
  path: (text) => `The request ${path(text)}.`,
  input: (name) => `${code('input')} is sent as ${code(name)}.`,
  input_as: (form) =>
    form === 'contents' ? 'Each input is sent as a list of content parts.' : 'Each input is sent as a list of its own.',
};

const rerankRule: Sentences<Omit<RerankRule, 'match'>> = {
  ...ruleParams,
  path: (text) => `The request ${path(text)}.`,
  model_name: ({ match, to }) => `Model names matching ${pattern(match)} are sent as ${json(to)}.`,
};

function rules<R extends { match: RegExp }>(list: readonly R[], sentences: Sentences<Omit<R, 'match'>>): string[] {
  return list.map(({ match, ...rule }) => {
    const said = say(rule, sentences);
    return `Models matching ${pattern(match)}: ${said.length === 0 ? 'no rule.' : said.join(' ')}`;
  });
}

const embeddingSentences: Sentences<EmbeddingQuirks> = {
  ...paramSentences,
  images: () => 'Images (content parts or data URLs) are sent as `{"image": …}`.',
  base64: () => 'Vectors travel as base64 unless `encoding_format` says otherwise; the result has numbers.',
  int8: () => 'Vectors arrive as base64 of signed bytes; the result has numbers.',
  max_batch: (size) => `More than ${size} inputs are sent as several requests, up to four at a time.`,
  input: (name) => `${code('input')} is sent as ${code(name)}.`,
  body: (fields) => `Every request also has ${json(fields)}.`,
  models: (list) => rules(list, embeddingRule),
};

const rerankSentences: Sentences<RerankQuirks> = {
  ...paramSentences,
  text_only: () => 'Documents that are objects are sent as text: their `rank_fields`, else `text`, else all as JSON.',
  model_in_body: () => 'The model is named in the path and in the body.',
  query: ({ name, as }) => [
    name === undefined ? '' : `${code('query')} is sent as ${code(name)}.`,
    as === 'each'
      ? 'The query is repeated for each document.'
      : as === 'object'
        ? 'The query is sent as `{"text": …}`.'
        : '',
  ],
  documents: ({ name, as }) => [
    name === undefined ? '' : `${code('documents')} is sent as ${code(name)}.`,
    as === undefined ? '' : 'Documents are sent as `{"text": …}`.',
  ],
  body: (fields) => `Every request also has ${json(fields)}.`,
  models: (list) => rules(list, rerankRule),
};

const dialects = {
  json_schema: 'Schemas are sent as they are given.',
  openai_strict: "Schemas of `response_format` are compiled for OpenAI's strict mode.",
  anthropic: "Schemas of `response_format` are compiled for Anthropic's structured outputs.",
  gemini_json: "Schemas are compiled for Gemini's JSON Schema.",
  gemini_openapi: "Schemas are compiled for Gemini's OpenAPI subset.",
} as const;

const sentences: Sentences<Quirks> = {
  ...paramSentences,
  roles: roleLines,
  // Stands among the page's facts.
  path: () => '',
  body: (fields) => `Every chat request also has ${json(fields)}.`,
  model_name: ({ match, to }) => `Model names matching ${pattern(match)} are sent as ${code(to)}.`,
  usage_in_stream: () => 'Usage is not asked for in streams: the vendor refuses `stream_options`.',
  message_name: (whose) =>
    whose === 'user' ? '`name` goes with messages of the user only.' : '`name` of messages is not sent.',
  empty_turns: () => 'Assistant turns without content are left out.',
  call_ids: ({ longest, exactly }) =>
    `Ids of tool calls that are not ${exactly === undefined ? `at most ${longest} characters` : `${exactly} letters and digits`} are replaced, in calls and results.`,
  signed_ids: () => 'Thought signatures in ids of tool calls (`__thought__`) are sent.',
  after_tools: () => 'Between tool results and a message of the user goes an assistant turn "OK.", with a warning.',
  file_as: (form) =>
    form === 'media_url'
      ? 'Images, videos and sounds given as `file` parts are sent as `image_url`, `video_url` and `audio_url`.'
      : `${code('file')} parts are sent as ${code(form)}.`,
  file_urls: (way) =>
    way === 'data' ? 'Addresses of files are sent as `file_data`.' : '`file` parts are sent as they are.',
  tool_media: () => 'Tool results may hold images and files.',
  thinking_as: (name) =>
    name === 'switch' ? '`thinking` is sent without its budget.' : `${code('thinking')} is sent as ${code(name)}.`,
  content_as_string: () => 'Lists of text parts are sent as one string.',
  reasoning_back: (field) =>
    field === 'thinking_part'
      ? 'Earlier reasoning goes back as a `thinking` content part.'
      : `Earlier reasoning goes back as ${code(field)}.`,
  send_back: sentBack,
  content_required: () => 'Turns that call tools and say nothing are sent with an empty text.',
  refusal: () => '`refusal` of earlier turns is sent as it is.',
  seals: (format) => `Reasoning that is sealed in a format other than ${pattern(format)} is not sent back.`,
  cache_control: () => '`cache_control` marks are sent.',
  strict_tools: () => '`strict` is not sent with tools.',
  tool_schema_omit: (keywords) => `Tool schemas are sent without ${listed(keywords)}.`,
  tool_root: toolRoot,
  header_env: (headers) =>
    Object.entries(headers).map(([name, variable]) => `The header ${code(name)} holds ${code(variable)}, if set.`),
  max_temperature: (most) => `${code('temperature')} above ${most} is sent as ${most}.`,
  max_stop: (count) => `At most ${count} ${code('stop')} sequences.`,
  reasoning_apart: () => '`completion_tokens` includes reasoning, which the vendor counts apart.',
  dialect: (name) => dialects[name],
  organization: () =>
    '`organization` and `project` are sent as headers; without an `api_base` also `OPENAI_ORGANIZATION` (`OPENAI_ORG_ID`) and `OPENAI_PROJECT_ID`.',
  // Have a list of their own.
  models: () => '',
  embeddings: (own) => say(own, embeddingSentences).map((line) => `Embeddings: ${line}`),
  rerank: (own) => say(own, rerankSentences).map((line) => `Rerank: ${line}`),
};

export const quirkLines = (quirks: Quirks): string[] => say(quirks, sentences);

/** What holds for some chat models alone. */
export const modelLines = (quirks: Quirks): string[] => rules(quirks.models ?? [], modelSentences);
