// A doubly linked list. A removed entry keeps no reference to the rest.

/** An entry, in at most one list at a time. The list sets both fields. */
export interface Linked<Entry> {
  previous: Entry | undefined;
  next: Entry | undefined;
}

/**
 * Keeps insertion order. A `Set` does too, but V8 links each hash table that it replaces to its successor: a promoted old table
 * keeps all later tables and their entries alive until the next full garbage collection.
 */
export class LinkedList<Entry extends Linked<Entry>> {
  private head: Entry | undefined;
  private last: Entry | undefined;

  /** The entry that was added first. */
  get first(): Entry | undefined {
    return this.head;
  }

  /** @param entry must not be in a list */
  add(entry: Entry): void {
    entry.previous = this.last;
    if (this.last === undefined) this.head = entry;
    else this.last.next = entry;
    this.last = entry;
  }

  /** Removes the entry if it is in the list. */
  delete(entry: Entry): void {
    const { previous, next } = entry;
    if (previous === undefined && this.head !== entry) return;
    if (previous === undefined) this.head = next;
    else previous.next = next;
    if (next === undefined) this.last = previous;
    else next.previous = previous;
    entry.previous = undefined;
    entry.next = undefined;
  }
}
