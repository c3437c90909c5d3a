/** The part of the optional peer that is used here: https://learn.microsoft.com/javascript/api/@azure/identity */
declare module '@azure/identity' {
  export class DefaultAzureCredential {
    constructor(options?: { tenantId?: string; managedIdentityClientId?: string; workloadIdentityClientId?: string });
    getToken(scope: string): Promise<{ token: string; expiresOnTimestamp: number } | null>;
  }
}
