/** Ollama under the other name that LiteLLM has for it. */
export { ollama as default, ollama as ollama_chat } from '../ollama/index.js';
