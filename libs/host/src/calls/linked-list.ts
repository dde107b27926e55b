// A list from whose middle entries are removed. Nothing that was removed refers to the rest.

/** An entry, which is in one list at a time. The list sets both. */
export interface Linked<Entry> {
  previous: Entry | undefined;
  next: Entry | undefined;
}

/**
 * In the order in which entries were added. A `Set` does the same, but the table that it replaces when it is full refers to the
 * new one: a table that was promoted keeps all later ones, and all that was ever in them, until the next full collection.
 */
export class LinkedList<Entry extends Linked<Entry>> {
  private head: Entry | undefined;
  private last: Entry | undefined;

  /** The entry that was added first. */
  get first(): Entry | undefined {
    return this.head;
  }

  /** @param entry one that is in no list */
  add(entry: Entry): void {
    entry.previous = this.last;
    if (this.last === undefined) this.head = entry;
    else this.last.next = entry;
    this.last = entry;
  }

  /** Removes an entry; one that is not in the list changes nothing. */
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
