/** What is used of an optional peer; its types need not be installed. */
declare module '@aws-sdk/credential-providers' {
  type Provider = () => Promise<{
    accessKeyId: string;
    secretAccessKey: string;
    sessionToken?: string;
    expiration?: Date;
  }>;
  interface Client {
    clientConfig?: { region?: string; endpoint?: string };
  }
  export function fromIni(options: Client & { profile: string; filepath?: string; configFilepath?: string }): Provider;
  export function fromTemporaryCredentials(
    options: Client & {
      params: { RoleArn: string; RoleSessionName: string; ExternalId?: string };
      masterCredentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
    },
  ): Provider;
  export function fromWebToken(
    options: Client & { roleArn: string; roleSessionName: string; webIdentityToken: string },
  ): Provider;
  export function fromTokenFile(
    options: Client & { roleArn: string; roleSessionName: string; webIdentityTokenFile: string },
  ): Provider;
}
