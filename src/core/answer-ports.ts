/**
 * Questions and their answers as all replicas know them, so that a question is answered once whoever is asked. A replica
 * claims a question before it decides and publishes the answer before it tells it; a claim that nobody made good ends
 * by itself. Throws `answer_store_unavailable` when it cannot answer in time: then a call may have been done or not.
 */
export interface AnswerStore {
  /** The first that asks has the question, until it publishes, gives up, or its time is over. */
  claim(key: string, claim: Claim): Promise<Held>;
  /** The answer stands, whoever else has the question by now, unless there is another answer already: that one. */
  publish(key: string, claim: Claim, answer: NewAnswer): Promise<Published | null>;
  /** The question is anybody's again, if it is still this claim's. */
  giveUp(key: string, claim: Claim): Promise<void>;
  /** Deletes the answer; who claims the question in this time is told that there was one. */
  forget(key: string, forMs: number): Promise<void>;
}

export interface Claim {
  /** Of the question: a retry has the same. */
  readonly fingerprint: string;
  /** Of this attempt; no spaces. */
  readonly claimId: string;
}

export interface NewAnswer {
  readonly text: string;
  /** How long all replicas are to know it. */
  readonly keptMs: number;
}

export interface Published {
  readonly fingerprint: string;
  readonly answer: string;
}

/** `other`: another replica, or an earlier life of this one, has the question. */
export type Held =
  | { readonly kind: "mine"; readonly was: "new" | "forgotten" }
  | { readonly kind: "other"; readonly fingerprint: string }
  | ({ readonly kind: "answered" } & Published);
