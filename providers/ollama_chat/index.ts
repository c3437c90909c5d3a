/** Ollama under the other name that LiteLLM has for it. */
import type { Provider } from '../../src/core/spec.js';
import { ollama } from '../ollama/index.js';

export const ollama_chat: Provider = { ...ollama, name: 'ollama_chat' };
export default ollama_chat;
