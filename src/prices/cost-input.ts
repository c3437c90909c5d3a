/** What goes into a cost, and how it is told. Types only. */
import type { CostLine } from './lines.js';
import type { BuiltInTools } from './tool-lines.js';

/** Everything that may decide about a cost; LiteLLM's names. */
export interface CostInput {
  model?: string;
  custom_llm_provider?: string;
  /** OpenAI-shaped usage, with what providers add. */
  usage?: object;
  /** The answer as it came; its usage and model count where none are given. */
  completion_response?: object;
  /** LiteLLM's names: `completion`, `embedding`, `rerank`, `image_generation`, `speech`, `retrieve_batch` … */
  call_type?: string;
  /** The tier asked for; the one that served the call counts, where it is told. */
  service_tier?: string;
  region_name?: string;
  /** Vertex AI's name for it. */
  vertex_location?: string;
  /** OpenAI's regional hosts: `us`, `eu`. */
  data_residency?: string;
  /** The model behind a deployment, an ARN or an alias. */
  base_model?: string;
  /** When the call was made: an ISO date, a Date, or milliseconds; now by default. Decides about off-peak prices. */
  current_time?: string | number | Date;
  /** `YYYY-MM-DD`: the prices in force on that day. */
  as_of?: string;
  n?: number;
  size?: string;
  quality?: string;
  /** What was spoken, drawn or asked, where the cost goes by its length. */
  prompt?: string;
  /** Seconds. */
  duration?: number;
  standard_built_in_tools_params?: BuiltInTools;
  /** LiteLLM's name for prices of the caller's own: `{ input_cost_per_token, output_cost_per_token }`. */
  custom_cost_per_token?: object;
  /** A share of the cost taken off: 0.1 is ten per cent. */
  cost_discount?: number;
  /** A share put on top, or a share and USD. */
  cost_margin?: number | { percentage?: number; fixed_amount?: number };
  /** Prices of the caller's own: `input_cost_per_token` and every other price field. */
  [price: string]: unknown;
}

export interface CostExplanation {
  /** USD; the sum of the lines, or null when unknown. */
  total: number | null;
  currency: 'USD';
  lines: CostLine[];
  /** The price row, by LiteLLM's key; null where there is none or the provider told the cost. */
  model: string | null;
  /** The page the prices come from, and the day they were known to be so. */
  source?: string;
  checked?: string;
  /** Price fields that the sources of the row disagree about. */
  conflict?: string[];
  /** How the model's name was read, where the row has another. */
  rule?: string;
  /** Some rate is the nearest known one: see the lines' rules. */
  assumed?: boolean;
  /** Why there is no total. */
  reason?: string;
  /** The provider told the cost itself; here is what its prices would have given. */
  computed?: CostExplanation;
}
