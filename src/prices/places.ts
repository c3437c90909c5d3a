/** What the place where a call is served does to the price of its tokens. */
import type { PriceRow } from './book.js';

export interface Place {
  region_name?: string | undefined;
  data_residency?: string | undefined;
  vertex_location?: string | undefined;
}

/** A factor with another, where that is one. */
export const times = (factor: number, by: unknown): number => (typeof by === 'number' ? factor * by : factor);

export function placeFactor(row: PriceRow, { region_name, data_residency, vertex_location }: Place): number {
  let factor = 1;
  const place = data_residency ?? region_name;
  if (place !== undefined) factor = times(factor, row[`regional_processing_uplift_multiplier_${place}`]);
  const location = vertex_location ?? region_name;
  if (location !== undefined && location !== 'global')
    factor = times(factor, row['regional_endpoint_uplift_multiplier']);
  return factor;
}
