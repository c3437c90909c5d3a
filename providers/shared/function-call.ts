/** OpenAI's older form of tools: a call that offers `functions` is answered by one `function_call`. */
import type { ChatCompletionMessage, ChatParams, FinishReason, FunctionToolCall } from '../../src/types/chat.js';

/** Whether a call offers `functions` and no `tools`. */
export const asksFunctions = ({ functions, tools }: ChatParams): boolean =>
  functions !== undefined && tools === undefined;

/** The calls of an answer as fields of its message. The older form has room for one: others stand in `tool_calls`. */
export function callFields(
  calls: readonly FunctionToolCall[],
  functions: boolean,
): Pick<ChatCompletionMessage, 'function_call' | 'tool_calls'> {
  const first = functions ? calls[0] : undefined;
  const others = first === undefined ? [...calls] : calls.slice(1);
  return { ...(first && { function_call: first.function }), ...(others.length > 0 && { tool_calls: others }) };
}

/** The reason of an answer that calls. */
export const finishOf = (reason: FinishReason, functions: boolean): FinishReason =>
  functions && reason === 'tool_calls' ? 'function_call' : reason;
