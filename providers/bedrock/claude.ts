/** Anthropic's Messages API as AWS serves it: media are sent along, and there is no search of the web. */
import type { Call, ParamSpec, Transformer } from '../../src/core/spec.js';
import { chatTransformer, type MessagesOptions } from '../anthropic/chat.js';
import { mustInline } from './converse.js';

/** The call without what is not offered, for a reader that looks at the call itself. */
function offered(call: Call<'chat'>): Call<'chat'> {
  const { web_search_options: search, ...rest } = call.params;
  return search === undefined ? call : (Object.create(call, { params: { value: rest } }) as Call<'chat'>);
}

export function claudeTransformer(options: MessagesOptions): Transformer<'chat'> & { params: ParamSpec } {
  const messages = chatTransformer({ inline: mustInline, ...options });
  const { web_search_options: _, ...params } = messages.params as Record<string, ParamSpec[string]>;
  return { ...messages, params, request: (call, mapped) => messages.request(offered(call), mapped) };
}
