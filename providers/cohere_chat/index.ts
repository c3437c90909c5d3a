/** Cohere under the other name that LiteLLM has for it. */
export { cohere as cohere_chat, cohere as default } from '../cohere/index.js';
