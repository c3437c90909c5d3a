import { describe, expect, test } from 'vitest';
import { familyOf, readDeployment } from '../../../providers/azure/family.js';

describe('the family of a deployment', () => {
  test.each([
    ['gpt-4o', 'gpt-4o'],
    ['eu/gpt-4o-mini', 'gpt-4o-mini'],
    ['our-gpt-5-mini-eu', 'gpt-5-mini-eu'],
    ['team_GPT-4.1', 'gpt-4.1'],
    ['gpt-35-turbo-16k', 'gpt-3.5-turbo-16k'],
    ['o3', 'o3'],
    ['prod-o4-mini', 'o4-mini'],
    ['o1-2024-12-17', 'o1-2024-12-17'],
    ['our-text-embedding-ada-002', 'text-embedding-ada-002'],
    ['gpt-oss-120b', 'gpt-oss-120b'],
    ['prod', undefined],
    ['team-o1-chat', undefined],
    ['studio3', undefined],
    ['nogpt-4', undefined],
    ['claude-sonnet-4-5', undefined],
  ])('%s: %s', (name, family) => {
    expect(familyOf(name)).toBe(family);
  });

  test.each([
    ['o_series/prod', {}, 'prod', 'o3'],
    ['o_series/our-o1-mini', {}, 'our-o1-mini', 'o1-mini'],
    ['o_series/gpt-4o-successor', {}, 'gpt-4o-successor', 'o3'],
    ['gpt5_series/prod', {}, 'prod', 'gpt-5'],
    ['gpt5_series/our-gpt-5.2', {}, 'our-gpt-5.2', 'gpt-5.2'],
    ['gpt5_series/gpt-4o-successor', {}, 'gpt-4o-successor', 'gpt-5'],
    ['prod', { base_model: 'azure/us/gpt-4.1' }, 'prod', 'gpt-4.1'],
    ['o_series/prod', { base_model: 'azure/o1-mini' }, 'prod', 'o1-mini'],
    ['o3-named', { model_info: { base_model: 'gpt-4o' } }, 'o3-named', 'gpt-4o'],
    ['gpt-4o', { base_model: 'azure/phi-4' }, 'gpt-4o', undefined],
  ])('%s with %j is %s, of %s', (model, options, deployment, family) => {
    expect(readDeployment(model, options)).toEqual({ deployment, family });
  });
});
