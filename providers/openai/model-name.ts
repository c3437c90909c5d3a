/** A model's name as the vendor wants it. */
export function modelName(model: string, rule: { match: RegExp; to: string } | undefined): string {
  return rule === undefined ? model : model.replace(rule.match, rule.to);
}
