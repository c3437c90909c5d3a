/**
 * Profiles of AWS's shared files.
 * Source: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
import type { Env, Options } from '../../src/core/spec.js';
import { profileOf } from './aws-options.js';

/** Settings by name, those of the credentials file before those of the config file. */
export type Profile = Readonly<Record<string, string>>;

export interface ProfileFiles {
  credentials: string | undefined;
  config: string | undefined;
}

/** Where the files lie; undefined where neither a variable nor a home directory tells. */
export function profileFiles(env: Env): ProfileFiles {
  const home = env('HOME') ?? env('USERPROFILE');
  const inHome = (name: string): string | undefined => (home === undefined ? undefined : `${home}/.aws/${name}`);
  return {
    credentials: env('AWS_SHARED_CREDENTIALS_FILE') ?? inHome('credentials'),
    config: env('AWS_CONFIG_FILE') ?? inHome('config'),
  };
}

/** The sections of a file; indented lines belong to settings of services and are passed over. */
export function parseSections(text: string): Map<string, Record<string, string>> {
  const sections = new Map<string, Record<string, string>>();
  let section: Record<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    const [, name] = /^\[\s*([^\]]+?)\s*\]/.exec(line) ?? [];
    if (name !== undefined) {
      section = sections.get(name) ?? {};
      sections.set(name, section);
      continue;
    }
    const [, key, value] = /^([^\s#;=][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (section !== undefined && key !== undefined && value !== undefined)
      section[key.toLowerCase()] = value.replace(/\s+[#;].*$/, '');
  }
  return sections;
}

async function sectionsOf(path: string | undefined): Promise<Map<string, Record<string, string>>> {
  if (path === undefined) return new Map();
  try {
    const { readFile } = await import('node:fs/promises');
    return parseSections(await readFile(path, 'utf8'));
  } catch {
    // No file, no right to read it, or a runtime without files.
    return new Map();
  }
}

/** The profile of that name; undefined if no file has it. */
export async function readProfile(name: string, env: Env): Promise<Profile | undefined> {
  const files = profileFiles(env);
  const [credentials, config] = await Promise.all([sectionsOf(files.credentials), sectionsOf(files.config)]);
  const keys = credentials.get(name);
  const settings = config.get(name === 'default' && config.has('default') ? 'default' : `profile ${name}`);
  return keys === undefined && settings === undefined ? undefined : { ...settings, ...keys };
}

/** The region of the profile in use. */
export async function profileRegion(options: Options, env: Env): Promise<string | undefined> {
  return (await readProfile(profileOf(options, env) ?? 'default', env))?.['region'];
}
