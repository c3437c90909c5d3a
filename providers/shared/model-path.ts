/** Model names in the path of a request. */
import { BadRequestError } from '../../src/core/errors.js';

/** Encodes a model's name for a path, its slashes kept. Names that would leave their place in it are refused. */
export function encodeModel(model: string): string {
  const segments = model.split('/');
  if (segments.some((segment) => segment === '.' || segment === '..'))
    throw new BadRequestError(`model: "${model}" is no model name`, { param: 'model', code: 'invalid_input', model });
  return segments.map(encodeURIComponent).join('/');
}
