/** Calls and results of tools in words, for models that know no tools: what happened is told, if not in its own form. */
import { asText, isObject } from '../shared/messages.js';
import type { Block } from './blocks.js';

/** `input` is an object, or its JSON text. */
export const callText = (name: string, input: unknown): string =>
  `[${name} was called with ${typeof input === 'string' ? input : JSON.stringify(input ?? {})}]`;

export const resultText = (name: string, text: string): string => `[${name} returned]${text === '' ? '' : ` ${text}`}`;

/** The blocks of the turns, in place; true when there were calls or results. */
export function tellTools(turns: readonly { content: Block[] }[]): boolean {
  const names = new Map<unknown, string>();
  let told = false;
  for (const turn of turns)
    turn.content = turn.content.flatMap((block): Block[] => {
      const { toolUse: use, toolResult: result } = block;
      if (!isObject(use) && !isObject(result)) return [block];
      told = true;
      if (isObject(use)) {
        const name = asText(use['name']);
        names.set(use['toolUseId'], name);
        return [{ text: callText(name, use['input']) }];
      }
      const { toolUseId, content } = result as { toolUseId: unknown; content: unknown };
      const blocks = Array.isArray(content) ? content.filter(isObject) : [];
      const texts = blocks.filter(({ text }) => typeof text === 'string').map(({ text }) => asText(text));
      const others = blocks.filter(({ text }) => typeof text !== 'string');
      return [{ text: resultText(names.get(toolUseId) ?? 'a tool', texts.join('\n')) }, ...others];
    });
  return told;
}
