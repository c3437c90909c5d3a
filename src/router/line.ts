/** Calls that wait for a minute's limits: when it is time they go in the order of their priority. */

export class Line {
  readonly #groups = new Map<string, Set<Place>>();

  /** `due` in milliseconds since the epoch; `leave` must follow. */
  join(group: string, priority: number, due: number): Place {
    const line = this.#groups.get(group) ?? new Set();
    this.#groups.set(group, line);
    const place = new Place(priority, due, line, () => {
      if (line.size === 0) this.#groups.delete(group);
    });
    line.add(place);
    return place;
  }
}

export class Place {
  readonly #line: Set<Place>;
  readonly #empty: () => void;

  constructor(
    readonly priority: number,
    readonly due: number,
    line: Set<Place>,
    empty: () => void,
  ) {
    this.#line = line;
    this.#empty = empty;
  }

  /** Whether nobody whose time has come, too, goes before. */
  get first(): boolean {
    for (const other of this.#line) if (other.priority < this.priority && other.due <= this.due + 5) return false;
    return true;
  }

  leave(): void {
    this.#line.delete(this);
    if (this.#line.size === 0) this.#empty();
  }
}
