/** Makes the inputs of a prediction of OpenAI's messages: prompt, system prompt, media. */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { asText, contentParts, isBlank, mediaUrl } from '../shared/messages.js';
import { assistantText, proseWarning } from './assistant.js';
import type { Family } from './models.js';

interface Turn {
  role: 'user' | 'assistant';
  text: string;
  images: string[];
}
/** Media in the order of the conversation. */
interface Media {
  images: string[];
  videos: string[];
}

export function writeInput(call: Call<'chat'>, family: Family): JsonObject {
  const system: string[] = [];
  const turns: Turn[] = [];
  const media: Media = { images: [], videos: [] };
  call.params.messages.forEach((message, i) => {
    const turn = readTurn(message as unknown as JsonObject, i, call, family, media);
    const text = turn.text;
    if (message.role === 'system' || message.role === 'developer') {
      if (turns.length > 0)
        call.warn({ type: 'rewrite', param: `messages[${i}]`, message: 'all system messages are sent as one, first' });
      if (!isBlank(text)) system.push(text);
    } else if (!isBlank(text) || turn.images.length > 0) turns.push(turn);
    else call.warn({ type: 'repair', param: `messages[${i}]`, message: 'a message without content was left out' });
  });

  const input = writeTurns(turns, system.join('\n\n'), family, call);
  const { images, videos } = family;
  // A list of messages holds its images itself.
  if (images && media.images.length > 0 && !('messages' in input)) {
    if (!images.many && media.images.length > 1)
      call.unsupported('messages', `${call.model} takes one image, ${media.images.length} are given`);
    input[images.name] = images.many ? media.images : media.images[0];
  }
  if (videos !== undefined && media.videos.length > 0) input[videos] = media.videos;
  return input;
}

function readTurn(message: JsonObject, at: number, call: Call<'chat'>, family: Family, media: Media): Turn {
  const param = `messages[${at}]`;
  if (message['name'] !== undefined && message['role'] !== 'tool')
    call.warn({ type: 'drop', param: `${param}.name`, message: 'a prompt has no place for names' });
  if (message['cache_control'] !== undefined) dropMark(param, call);
  const turn: Turn = { role: message['role'] === 'assistant' ? 'assistant' : 'user', text: '', images: [] };
  const texts: string[] = [];
  contentParts(message['content']).forEach((part, j) => {
    const where = `${param}.content[${j}]`;
    if (part['cache_control'] !== undefined) dropMark(where, call);
    const type = part['type'];
    const image = type === 'image_url' ? mediaUrl(part, 'image_url') : undefined;
    const video = type === 'video_url' ? mediaUrl(part, 'video_url') : undefined;
    if (type === 'text' || type === 'refusal') texts.push(asText(part[type]));
    else if (image && family.images) turn.images.push(image.url);
    else if (video && family.videos !== undefined) media.videos.push(video.url);
    else call.unsupported(where, `${call.model} takes no ${String(type)} parts`);
  });
  media.images.push(...turn.images);
  turn.text = texts.join('\n');
  if (message['role'] === 'tool' || message['role'] === 'function') {
    const name = message['name'] ?? message['tool_call_id'];
    turn.text = `Result of ${String(name)}: ${turn.text}`;
    proseWarning(param, call);
  }
  if (turn.role === 'assistant') turn.text = assistantText(message, turn.text, param, call);
  return turn;
}

const dropMark = (param: string, call: Call<'chat'>): void =>
  call.warn({ type: 'drop', param: `${param}.cache_control`, message: 'this provider has no cache marks' });
/** One question goes as it is; several turns in the form that the model was trained on. */
function writeTurns(turns: readonly Turn[], system: string, family: Family, call: Call<'chat'>): JsonObject {
  const [only] = turns;
  if (only === undefined) return { prompt: system };
  if (turns.length === 1 && only.role === 'user') {
    if (system === '') return { prompt: only.text };
    if (family.system !== undefined) return { prompt: only.text, [family.system]: system };
    return { prompt: underSystem(system, only.text, call) };
  }
  const own = family.system !== undefined && system !== '' ? { [family.system]: system } : {};
  switch (family.dialogue) {
    case 'messages':
      return { messages: asMessages(turns, system) };
    // `prompt_template` is what the model puts around the prompt: nothing, since the prompt is whole.
    case 'llama-3':
      return { prompt: asLlama3(turns, system), prompt_template: '{prompt}' };
    case 'mistral':
      return { prompt: asMistral(withSystem(turns, system, call)), prompt_template: '{prompt}' };
    // The prompt's own tags keep the model from adding any.
    case 'llama-2':
      return { prompt: asLlama2(turns), ...own };
    case 'transcript': {
      call.warn({ type: 'rewrite', param: 'messages', message: 'the turns are sent as a transcript in one prompt' });
      const text = asTranscript(turns);
      if (family.system !== undefined) return { prompt: text, ...own };
      return { prompt: system === '' ? text : underSystem(system, text, call) };
    }
  }
}

function underSystem(system: string, text: string, call: Call<'chat'>): string {
  call.warn({ type: 'rewrite', param: 'messages', message: 'the system message stands at the head of the prompt' });
  return `${system}\n\n${text}`;
}

function withSystem(turns: readonly Turn[], system: string, call: Call<'chat'>): readonly Turn[] {
  const at = turns.findIndex(({ role }) => role === 'user');
  if (system === '' || at < 0) return turns;
  return turns.map((turn, i) => (i === at ? { ...turn, text: underSystem(system, turn.text, call) } : turn));
}

function asMessages(turns: readonly Turn[], system: string): JsonObject[] {
  const messages: JsonObject[] = turns.map(({ role, text, images }) => ({
    role,
    content:
      images.length === 0
        ? text
        : [
            ...(isBlank(text) ? [] : [{ type: 'text', text }]),
            ...images.map((url) => ({ type: 'image_url', image_url: { url } })),
          ],
  }));
  return system === '' ? messages : [{ role: 'system', content: system }, ...messages];
}

/** https://www.llama.com/docs/model-cards-and-prompt-formats/meta-llama-3 */
function asLlama3(turns: readonly Turn[], system: string): string {
  const head = (role: string): string => `<|start_header_id|>${role}<|end_header_id|>\n\n`;
  let text = '<|begin_of_text|>';
  if (system !== '') text += `${head('system')}${system}<|eot_id|>`;
  turns.forEach((turn, i) => {
    text += head(turn.role) + turn.text;
    // A last turn of the assistant is for the model to go on with.
    if (turn.role === 'user' || i < turns.length - 1) text += '<|eot_id|>';
  });
  return turns.at(-1)?.role === 'user' ? text + head('assistant') : text;
}

const instruction = (text: string): string => `[INST] ${text} [/INST]`;

/** As the model's page on Replicate shows it. */
function asLlama2(turns: readonly Turn[]): string {
  return turns.map(({ role, text }) => (role === 'user' ? instruction(text) : text)).join('\n');
}

/** https://huggingface.co/mistralai/Mixtral-8x7B-Instruct-v0.1#instruction-format */
function asMistral(turns: readonly Turn[]): string {
  const last = turns.length - 1;
  const pieces = turns.map(({ role, text }, i) =>
    role === 'user' ? instruction(text) : ` ${text}${i < last ? '</s> ' : ''}`,
  );
  return `<s>${pieces.join('')}`;
}

function asTranscript(turns: readonly Turn[]): string {
  const lines = turns.map(({ role, text }) => `${role === 'user' ? 'User' : 'Assistant'}: ${text}`);
  if (turns.at(-1)?.role === 'user') lines.push('Assistant:');
  return lines.join('\n\n');
}
