/** The functions about costs and models as the root entry has them: each loads the price list, then asks it. */
import type { MaybePromise } from '../core/spec.js';
import type { Counter } from './count-usage.js';
import type { CostExplanation, CostInput } from './cost-input.js';
import type { ModelInfo } from './info.js';
import type { LazyPrices } from './lazy.js';
import type { ModelQuery, Prices, TokenCostInput } from './prices.js';
import type { PriceRows } from './register.js';

/** LiteLLM's `supports_…` family: false when the model is not known. */
type Supports = (model: ModelQuery) => Promise<boolean>;

export interface PriceFunctions {
  /** USD for a call, or null when its price is not known. */
  completionCost(input: CostInput): Promise<number | null>;
  /** The cost line by line: tokens × rate, rule, source, day. */
  explainCost(input: CostInput): Promise<CostExplanation>;
  /** USD for input and output, or null when unknown. */
  costPerToken(input: TokenCostInput): Promise<[prompt_cost: number, completion_cost: number] | null>;
  /** All that is known of a model, or null. */
  getModelInfo(model: ModelQuery): Promise<ModelInfo | null>;
  /** The most tokens that a model puts out, or null. */
  getMaxTokens(model: ModelQuery): Promise<number | null>;
  /** `supports('gpt-4o', 'vision')`. */
  supports(model: ModelQuery, capability: string): Promise<boolean>;
  /** Adds models or changes prices, for this client. */
  registerModel(rows: PriceRows): Promise<void>;
  /** Model names by provider. */
  modelsByProvider(): Promise<Record<string, string[]>>;
  modelsByProvider(provider: string): Promise<string[]>;
  supportsAssistantPrefill: Supports;
  supportsAudioInput: Supports;
  supportsAudioOutput: Supports;
  supportsComputerUse: Supports;
  supportsEmbeddingImageInput: Supports;
  supportsFunctionCalling: Supports;
  supportsNativeStreaming: Supports;
  supportsParallelFunctionCalling: Supports;
  supportsPdfInput: Supports;
  supportsPromptCaching: Supports;
  supportsReasoning: Supports;
  supportsResponseSchema: Supports;
  supportsSystemMessages: Supports;
  supportsToolChoice: Supports;
  supportsUrlContext: Supports;
  supportsVideoInput: Supports;
  supportsVision: Supports;
  supportsWebSearch: Supports;
}

const aboutCosts = ['costPerToken', 'registerModel', 'modelsByProvider'] as const;
const aboutModels = ['getModelInfo', 'getMaxTokens', 'supports'] as const;

const capabilities =
  'assistant_prefill audio_input audio_output computer_use embedding_image_input function_calling native_streaming ' +
  'parallel_function_calling pdf_input prompt_caching reasoning response_schema system_messages tool_choice ' +
  'url_context video_input vision web_search';

const camel = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

export function priceFunctions(source: LazyPrices, count: Counter): PriceFunctions {
  const made: Record<string, (...input: never[]) => Promise<unknown>> = {};
  const facts = async (): Promise<Prices> => (await source.load()).withFacts();
  const add = (name: keyof Prices, load: () => MaybePromise<Prices>): void => {
    made[name] = async (...input) => {
      const prices = await load();
      const method: (this: Prices, ...input: never[]) => unknown = prices[name];
      return method.apply(prices, input);
    };
  };
  for (const name of aboutCosts) add(name, () => source.load());
  const explain = async (input: CostInput): Promise<CostExplanation> => {
    const { withUsage } = await import('./count-usage.js');
    return (await source.load()).explainCost(await withUsage(input, count));
  };
  made['explainCost'] = explain;
  made['completionCost'] = async (input: CostInput) => (await explain(input)).total;
  for (const name of aboutModels) add(name, facts);
  for (const capability of capabilities.split(' '))
    made[camel(`supports_${capability}`)] = async (model) => (await facts()).supports(model, capability);
  return made as unknown as PriceFunctions;
}
