/** Cohere under the other name that LiteLLM has for it. */
import type { Provider } from '../../src/core/spec.js';
import { cohere } from '../cohere/index.js';

export const cohere_chat: Provider = { ...cohere, name: 'cohere_chat' };
export default cohere_chat;
