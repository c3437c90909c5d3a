/** What test files leave to be ended. Files that share a process share these modules, but not the hooks set in them. */
type Ending = () => unknown;

const endings: Ending[] = [];

/** Has something closed or removed when the file's tests are over; may be called anywhere, within a test too. */
export const atEnd = (ending: Ending): void => void endings.push(ending);

/** Ends all of it, though some of it fail. */
export async function endAll(): Promise<void> {
  const outcomes = await Promise.allSettled(endings.splice(0).map(async (ending) => ending()));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
