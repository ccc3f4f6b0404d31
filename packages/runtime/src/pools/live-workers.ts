import type { Cancel, Clock, Membership, View, ViewMember } from "@actor-runtime/core";

/** Who has calls at the workers. */
export interface Watcher {
  /** Calls are out, so a worker that goes must be missed. */
  readonly busy: boolean;
  /** Somebody came, went or is in another state. */
  changed(): void;
}

/** Workers that live have joined again so many looks after the store is back. */
const looksToRejoin = 3;

/**
 * Which workers live, as a sender sees them: it looks when something changed, and now and then while calls are out. Nothing is
 * looked at before the first call that wants to know.
 *
 * A store that was away for a lease has dropped them all when it is back, until they join again: who is missing then is in doubt.
 */
export class LiveWorkers {
  readonly #membership: Membership;
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #watchers = new Set<Watcher>();
  #view: View | undefined;
  #unwatch: Cancel | undefined;
  #nextLook: Cancel | undefined;
  /** The store did not answer. */
  #silent = false;
  /** Ends the doubt. */
  #doubt: Cancel | undefined;
  #looking = false;
  #again = false;
  #closed = false;

  /** @param everyMs how often it looks while calls are out: a third of a lease */
  constructor(membership: Membership, clock: Clock, everyMs: number) {
    this.#membership = membership;
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  /** As last seen; `undefined`: not yet. */
  get members(): readonly ViewMember[] | undefined {
    return this.#view?.members;
  }

  /** Who is missing may live, and be back in a moment. */
  get inDoubt(): boolean {
    return this.#doubt !== undefined;
  }

  /** @returns how to stop it */
  add(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** Somebody is about to send: who lives is known soon, and stays so while calls are out. */
  use(): void {
    if (this.#closed || this.#nextLook !== undefined) return;
    this.#unwatch ??= this.#membership.watch((change) => {
      if (change.about === "view") this.#look();
    });
    this.#nextLook = this.#clock.after(this.#everyMs, () => {
      this.#nextLook = undefined;
      if (Array.from(this.#watchers).some(({ busy }) => busy)) this.use();
    });
    this.#look();
  }

  close(): void {
    this.#closed = true;
    this.#nextLook?.();
    this.#doubt?.();
    this.#unwatch?.();
  }

  #look(): void {
    if (this.#closed) return;
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = true;
    this.#membership.view().then(
      (view) => {
        if (this.#silent && !this.#closed) this.#beginDoubt();
        this.#silent = false;
        this.#seen(view);
      },
      () => {
        this.#silent = true;
        // What was seen last is the best there is.
        this.#seen(this.#view);
      },
    );
  }

  #seen(view: View | undefined): void {
    this.#looking = false;
    if (this.#closed) return;
    const changed = view?.version !== this.#view?.version;
    this.#view = view;
    if (changed) this.#tell();
    if (!this.#again) return;
    this.#again = false;
    this.#look();
  }

  #beginDoubt(): void {
    this.#doubt?.();
    this.#doubt = this.#clock.after(looksToRejoin * this.#everyMs, () => {
      this.#doubt = undefined;
      this.#tell();
    });
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher.changed();
  }
}
