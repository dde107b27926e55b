// The calls in flight, by id. A Map with entries for each call would leave long-lived garbage, because V8's old hash tables link to
// their successors.

const FIRST_SLOTS = 64;
/** The id of a free slot. */
const FREE = 0;

export class CallTable<Call> {
  /** The slot of a call is its id modulo the number of slots, a power of two. */
  private ids: number[] = Array<number>(FIRST_SLOTS).fill(FREE);
  private calls: (Call | undefined)[] = Array<undefined>(FIRST_SLOTS).fill(undefined);
  private lastId = 0;
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** @returns the id of the call: 1 for the first call, then increasing with gaps */
  add(call: Call): number {
    if (2 * this.count >= this.ids.length) this.grow();
    do this.lastId++;
    while (this.ids[this.slotOf(this.lastId)] !== FREE);
    this.set(this.lastId, call);
    return this.lastId;
  }

  /** @param id a positive whole number */
  set(id: number, call: Call): void {
    while (!this.has(id) && this.ids[this.slotOf(id)] !== FREE) this.grow();
    const slot = this.slotOf(id);
    if (this.ids[slot] === FREE) this.count++;
    this.ids[slot] = id;
    this.calls[slot] = call;
  }

  has(id: number): boolean {
    return id !== FREE && this.ids[this.slotOf(id)] === id;
  }

  get(id: number): Call | undefined {
    return this.has(id) ? this.calls[this.slotOf(id)] : undefined;
  }

  /** Removes the call. @returns the removed call */
  take(id: number): Call | undefined {
    if (!this.has(id)) return undefined;
    const slot = this.slotOf(id);
    const call = this.calls[slot];
    this.ids[slot] = FREE;
    this.calls[slot] = undefined;
    this.count--;
    return call;
  }

  /** Removes all calls. @returns the removed calls */
  takeAll(): Call[] {
    return this.ids.filter((id) => id !== FREE).map((id) => this.take(id) as Call);
  }

  private slotOf(id: number): number {
    return id & (this.ids.length - 1);
  }

  /** Doubles the slots. Ids that are distinct modulo n stay distinct modulo 2n. */
  private grow(): void {
    const { ids, calls } = this;
    this.ids = Array<number>(2 * ids.length).fill(FREE);
    this.calls = Array<undefined>(2 * ids.length).fill(undefined);
    for (const [slot, id] of ids.entries()) {
      if (id === FREE) continue;
      this.ids[this.slotOf(id)] = id;
      this.calls[this.slotOf(id)] = calls[slot];
    }
  }
}
