/** A case of one vendor: its SDK's call alone where the intent of that name holds as it is. */
export type Case<Client> =
  | ((client: Client) => Promise<unknown>)
  | {
      /** callm's function; with `params`, for what the intent of that name does not say or where there is none. */
      endpoint?: 'completion' | 'embedding' | 'rerank';
      params?: Record<string, unknown>;
      model?: string;
      sdk: (client: Client) => Promise<unknown>;
    };

export type Cases<Client> = Record<string, Case<Client>>;
