// The calls under way, by their ids. A Map whose entries come and go with each call makes garbage that outlives them: V8's old
// hash tables link to their successors.

const FIRST_SLOTS = 64;
/** No call has it. */
const FREE = 0;

export class CallTable<Call> {
  /** A call is in the slot of its id modulo the number of slots, which is a power of two. */
  private ids: number[] = Array<number>(FIRST_SLOTS).fill(FREE);
  private calls: (Call | undefined)[] = Array<undefined>(FIRST_SLOTS).fill(undefined);
  private lastId = 0;
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** @returns the id of the call: 1 for the first one, then greater ones, though not always the next */
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

  /** @returns the call, which is no longer in the table */
  take(id: number): Call | undefined {
    if (!this.has(id)) return undefined;
    const slot = this.slotOf(id);
    const call = this.calls[slot];
    this.ids[slot] = FREE;
    this.calls[slot] = undefined;
    this.count--;
    return call;
  }

  /** @returns all calls, which are no longer in the table */
  takeAll(): Call[] {
    return this.ids.filter((id) => id !== FREE).map((id) => this.take(id) as Call);
  }

  private slotOf(id: number): number {
    return id & (this.ids.length - 1);
  }

  /** Two ids that differ modulo the number of slots differ modulo twice that number. */
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
