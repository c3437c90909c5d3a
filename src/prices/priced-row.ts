/** The row that prices a call: by the model's name, of images also by their size and quality. */
import type { CostInput } from './cost-input.js';
import type { Found, Lookup } from './lookup.js';
import { sizeOf } from './media-lines.js';

/** `mode` is what the caller said of the call; `tokens` whether any are told. */
export function findPriced(
  lookup: Lookup,
  input: CostInput,
  answer: Readonly<Record<string, unknown>> | undefined,
  mode: string | undefined,
  tokens: boolean,
): Found | undefined {
  const served = typeof answer?.['model'] === 'string' && answer['model'] !== '' ? answer['model'] : undefined;
  const model = input.model ?? served;
  if (model === undefined) return undefined;
  const wanted = {
    model,
    provider: input.custom_llm_provider,
    region: input.region_name,
    served,
    base_model: input.base_model,
  };
  if (mode === 'image' || (mode === undefined && (input.size ?? input.quality) !== undefined)) {
    // Tokens that are told are the bill of a model that is priced by them, whatever the size.
    const plain = tokens ? lookup.find(wanted) : undefined;
    if (plain?.row['output_cost_per_image_token'] !== undefined) return plain;
    const provider = wanted.provider ?? providerIn(model);
    const name = provider !== undefined && model.startsWith(`${provider}/`) ? model.slice(provider.length + 1) : model;
    for (const form of imageForms(name, input.size, input.quality)) {
      const found = lookup.find({ ...wanted, provider, model: form, served: undefined });
      if (found !== undefined) return found;
    }
  }
  return lookup.find(wanted);
}

/** `hd/1024-x-1792/dall-e-3`, `1024-x-1024/50-steps/…`. */
function imageForms(name: string, size: string | undefined, quality: string | undefined): string[] {
  const [width = 1024, height = 1024] = sizeOf(size);
  const measured = `${width}-x-${height}`;
  const forms = [`${measured}/50-steps/${name}`, `${measured}/${name}`];
  return quality === undefined
    ? [...forms, `standard/${measured}/${name}`]
    : [`${quality}/${measured}/${name}`, ...forms];
}

/** The size that a key tells: `1024-x-1536`. */
export const sizeIn = (key: string): string | undefined => /(?:^|\/)(\d+-x-\d+)\//.exec(key)?.[1];

function providerIn(model: string): string | undefined {
  const slash = model.indexOf('/');
  return slash <= 0 ? undefined : model.slice(0, slash);
}
