import type { UserOptions } from "../../core/allocation/arrange.ts";
import type { Candidates } from "../../core/allocation/candidates.ts";
import { CandidateScratch } from "./candidate-scratch.ts";
import { type Progress, readCandidates } from "./read-candidates.ts";
import { readUsers, type UserRow } from "./read-users.ts";
import { Workspace } from "./workspace.ts";
import { writeAssignments } from "./write-assignments.ts";

/** What the users of a file may be offered; in their order. */
export interface Scorer {
  /** The program's actions, `no_offer` left out; options name them by number. */
  readonly actions: readonly string[];
  readonly optionsOf: (users: readonly UserRow[]) => Promise<readonly UserOptions[]>;
}

/**
 * Candidates from a file, held on disk for as long as they are allocated, however many there are: one block of
 * them is in memory at a time.
 */
export class StoredCandidates {
  readonly actions: readonly string[];
  readonly #workspace: Workspace;
  readonly #scratch: CandidateScratch;

  private constructor(workspace: Workspace, scratch: CandidateScratch, actions: readonly string[]) {
    this.#workspace = workspace;
    this.#scratch = scratch;
    this.actions = actions;
  }

  /** Candidates as the file has them: userId, action, value, cost. */
  static read(path: string, onProgress: (progress: Progress) => void): Promise<StoredCandidates> {
    return StoredCandidates.#fill((workspace, scratch) =>
      readCandidates(workspace.connection, path, { scratch, onProgress }),
    );
  }

  /** Users and features as the file has them, scored on the way. */
  static score(path: string, scorer: Scorer, onProgress: (progress: Progress) => void): Promise<StoredCandidates> {
    return StoredCandidates.#fill(async (workspace, scratch) => {
      for await (const { users, progress } of readUsers(workspace.connection, path)) {
        for (const { userId, options } of await scorer.optionsOf(users)) {
          scratch.addUser(userId);
          for (const { action, valueMicros, costMicros } of options) scratch.addOption(action, valueMicros, costMicros);
        }
        onProgress(progress);
      }
      scratch.flush();
      return scorer.actions;
    });
  }

  static async #fill(
    fill: (workspace: Workspace, scratch: CandidateScratch) => Promise<readonly string[]>,
  ): Promise<StoredCandidates> {
    const workspace = await Workspace.open();
    const scratch = new CandidateScratch(workspace.folder);
    try {
      return new StoredCandidates(workspace, scratch, await fill(workspace, scratch));
    } catch (error) {
      scratch.close();
      workspace.close();
      throw error;
    }
  }

  get candidates(): Candidates {
    return this.#scratch.candidates(this.actions.length);
  }

  /** Writes who is offered what, in the format of the file's name. */
  write(path: string, assignment: Int16Array): Promise<void> {
    return writeAssignments(this.#workspace, path, { scratch: this.#scratch, actions: this.actions, assignment });
  }

  [Symbol.dispose](): void {
    this.#scratch.close();
    this.#workspace.close();
  }
}
