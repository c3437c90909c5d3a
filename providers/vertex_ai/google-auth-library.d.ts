/** What is used of Google's library, which is there only where the user installed it. */
declare module 'google-auth-library' {
  interface Client {
    getAccessToken(): Promise<{ token?: string | null }>;
    credentials?: { expiry_date?: number | null };
  }
  export class GoogleAuth {
    constructor(options: { credentials: object; scopes: string });
    getClient(): Promise<Client>;
  }
}
