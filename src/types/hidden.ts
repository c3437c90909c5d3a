/** Facts of a call that are no part of OpenAI's shape; they stand on results and streams as `_hidden_params`. */

/** What the library changed on the way to the provider; collected in `_hidden_params.warnings`. */
export interface Warning {
  type: 'drop' | 'rename' | 'rewrite' | 'repair' | 'default' | 'schema' | 'lifecycle';
  /** The input field concerned, as a path (`tools[0].function.parameters`). */
  param?: string;
  message: string;
}

/** One request sent, as it went. Times are seconds; `start` since the epoch, the others since `start`. */
export interface AttemptRow {
  provider: string;
  model: string;
  deployment?: string;
  start: number;
  first_token?: number;
  end?: number;
  status?: number;
  error?: string;
  usage?: unknown;
  /** USD; null when unknown. */
  cost?: number | null;
  /** Whether the provider bills it: by its own count, by an estimate of ours (it broke off), or not at all. */
  billing?: 'billed' | 'estimated' | 'unbilled';
}

/** Facts of a call, on results and streams as the non-enumerable `_hidden_params`. */
export interface HiddenParams {
  /** USD; null when unknown. What the provider itself says, else what its prices give. */
  response_cost: number | null;
  /** USD: what the prices give, also where the provider says otherwise. */
  computed_cost?: number | null;
  llm_provider: string;
  /** The response's headers. */
  headers: Record<string, string>;
  attempts: AttemptRow[];
  /** Seconds. */
  latency: { first_token?: number; total?: number };
  warnings: Warning[];
  model_id?: string;
}

/** A result as a call gives it. The facts are not enumerable: JSON does not show them. */
export type Answered<T> = T & { readonly _hidden_params: HiddenParams };
