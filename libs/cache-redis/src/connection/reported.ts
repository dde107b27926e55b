// The problems that are already logged, so that each one is logged once.

/** Most problems of one outage. A server whose errors always differ neither floods the log nor fills the memory. */
const MOST = 10;

export class Reported {
  private readonly subjects = new Set<string>();

  /** @returns whether the problem is new, and must be logged */
  add(subject: string): boolean {
    if (this.subjects.has(subject) || this.subjects.size === MOST) return false;
    this.subjects.add(subject);
    return true;
  }

  clear(): void {
    this.subjects.clear();
  }
}
