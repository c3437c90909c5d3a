import type { Conversation, Tool } from './conversation.js';
import { findHints, type Hints } from './hints.js';
import { isObject, type Json } from './json.js';
import { instanceOf } from './schema-instance.js';
import { stopWords, words } from './words.js';

export interface ToolCall {
  name: string;
  arguments: Json;
}

/**
 * Which tools an answer calls. A tool is called when the question shares a word with its name, or a longer word with its
 * description, or when the caller demands a call. "weather in Paris and London" gives two calls, if allowed.
 */
export function pickCalls(ask: Conversation): ToolCall[] {
  const { mode, names } = ask.choice;
  const tools = names ? ask.tools.filter((tool) => names.includes(tool.name)) : ask.tools;
  const fallback = tools[0];
  if (mode === 'none' || !fallback) return [];
  if (mode === 'auto' && ask.results.length > 0) return [];

  const calls: ToolCall[] = [];
  let current: Tool | undefined;
  // "Add 2 and 3" asks once: what joins the operands of one call does not part two requests.
  const computes = tools.some((tool) => numberFields(tool) > 1 && concerns(tool, ask.question));
  for (const part of computes ? [ask.question] : ask.question.split(/\band\b|,|;/iu)) {
    const asked = tools.filter((tool) => concerns(tool, part));
    if (asked.length === 0 && current && namesSomething(part)) asked.push(current);
    for (const tool of asked) {
      current = tool;
      calls.push({ name: tool.name, arguments: fill(tool, part, ask.question) });
    }
  }
  if (calls.length === 0 && mode === 'required') {
    calls.push({ name: fallback.name, arguments: fill(fallback, ask.question, ask.question) });
  }
  const different = calls.filter(
    (call, i) => calls.findIndex((other) => JSON.stringify(other) === JSON.stringify(call)) === i,
  );
  return ask.parallel ? different : different.slice(0, 1);
}

/** Whether a part of the question is about a tool, in words or by naming the numbers it needs. */
function concerns(tool: Tool, part: string): boolean {
  const said = words(part);
  const needed = numberFields(tool);
  return (
    nameWords(tool).some((word) => said.some((other) => sameStem(word, other))) ||
    descriptionWords(tool).some((word) => said.includes(word)) ||
    (needed > 1 && findHints(part).numbers.length >= needed)
  );
}

/** The words of a tool's name that mean something, or all of them when none does. */
function nameWords(tool: Tool): string[] {
  const all = words(tool.name.replace(/[_.:-]/g, ' ').replace(/([a-z\d])([A-Z])/g, '$1 $2'));
  const meaningful = all.filter((word) => !stopWords.has(word));
  return meaningful.length > 0 ? meaningful : all;
}

const descriptionWords = (tool: Tool): string[] =>
  words(tool.description).filter((word) => word.length > 4 && !stopWords.has(word));

function numberFields(tool: Tool): number {
  const properties = isObject(tool.schema) && isObject(tool.schema['properties']) ? tool.schema['properties'] : {};
  return Object.values(properties).filter(
    (property) => isObject(property) && /^(?:number|integer)$/iu.test(String(property['type'])),
  ).length;
}

const sameStem = (a: string, b: string): boolean =>
  a === b || (a.length > 3 && b.startsWith(a)) || (b.length > 3 && a.startsWith(b));

/** Whether a part such as "London" or "in New York" only names a further object of the same request. */
const namesSomething = (part: string): boolean => {
  const said = words(part).filter((word) => !stopWords.has(word));
  return said.length > 0 && (said.length <= 2 || /^[\p{Lu}\d]/u.test(part.trim().split(/\s+/u).at(-1) ?? ''));
};

/** Arguments from the part of the question that asks for this call, or from all of it when the part names nothing. */
function fill(tool: Tool, part: string, question: string): Json {
  const near = subject(tool, part);
  const hints = near.strings[0] === 'example' ? subject(tool, question) : near;
  const all = findHints(question);
  const value = instanceOf(
    tool.schema,
    { text: part, strings: hints.strings, numbers: hints.numbers.length > 0 ? hints.numbers : all.numbers },
    { optional: false },
  );
  return isObject(value) ? value : {};
}

/** The hints of a text without the tool's own words. */
function subject(tool: Tool, text: string): Hints {
  const own = [...nameWords(tool), ...descriptionWords(tool)];
  const isOwn = (word: string): boolean => {
    const plain = word.toLowerCase();
    return own.includes(plain) || own.includes(plain.replace(/s$/u, ''));
  };
  const hints = findHints(text.replace(/[\p{L}\p{N}]+/gu, (word) => (isOwn(word) ? '' : word)));
  const meaningful = hints.strings.filter((value) => !words(value).every((word) => stopWords.has(word)));
  return { ...hints, strings: meaningful.length > 0 ? meaningful : ['example'] };
}
