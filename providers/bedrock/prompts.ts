/**
 * Conversations as one text, for models that take no messages. The marks are those that the vendors publish with their
 * models: https://www.llama.com/docs/model-cards-and-prompt-formats/, https://docs.aws.amazon.com/bedrock/latest/userguide/
 * model-parameters-{mistral-text-completion,titan-text,deepseek}.html
 */

export interface Line {
  role: 'system' | 'user' | 'assistant';
  text: string;
}

const join = (lines: readonly Line[], write: (line: Line) => string): string => lines.map(write).join('');

function llama3(lines: readonly Line[]): string {
  const turn = ({ role, text }: Line): string => `<|start_header_id|>${role}<|end_header_id|>\n\n${text}<|eot_id|>`;
  return `<|begin_of_text|>${join(lines, turn)}<|start_header_id|>assistant<|end_header_id|>\n\n`;
}

function llama4(lines: readonly Line[]): string {
  const turn = ({ role, text }: Line): string => `<|header_start|>${role}<|header_end|>\n\n${text}<|eot|>`;
  return `<|begin_of_text|>${join(lines, turn)}<|header_start|>assistant<|header_end|>\n\n`;
}

export const llama = (lines: readonly Line[], model: string): string =>
  /llama-?4/.test(model) ? llama4(lines) : /llama-?2/.test(model) ? instructions(lines) : llama3(lines);

/** Instructions in brackets; a system text stands before the user's next one. */
export function instructions(lines: readonly Line[]): string {
  let out = '<s>';
  let system = '';
  for (const { role, text } of lines) {
    if (role === 'system') system += `${text}\n\n`;
    else if (role === 'user') {
      out += `[INST] ${system}${text} [/INST]`;
      system = '';
    } else out += ` ${text}</s>`;
  }
  return system === '' ? out : `${out}[INST] ${system.trimEnd()} [/INST]`;
}

export const titan = (lines: readonly Line[]): string =>
  `${lines.map(({ role, text }) => (role === 'system' ? text : `${role === 'user' ? 'User' : 'Bot'}: ${text}`)).join('\n')}\nBot:`;

export const plain = (lines: readonly Line[]): string => lines.map(({ text }) => text).join('\n\n');

export function deepseek(lines: readonly Line[]): string {
  const turn = ({ role, text }: Line): string =>
    role === 'system' ? text : role === 'user' ? `<｜User｜>${text}` : `<｜Assistant｜>${text}<｜end▁of▁sentence｜>`;
  return `<｜begin▁of▁sentence｜>${join(lines, turn)}<｜Assistant｜><think>\n`;
}

export const chatml = (lines: readonly Line[]): string =>
  `${join(lines, ({ role, text }) => `<|im_start|>${role}\n${text}<|im_end|>\n`)}<|im_start|>assistant\n`;
