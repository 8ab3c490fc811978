/** The HTTP calls of the demo: what a product service would send. */
import type { z } from "zod";
import { ModelList, ProgramEntry } from "../../contract/catalog.ts";
import { FeaturesAnswer } from "../../contract/bulk.ts";
import { DecideAnswer } from "../../contract/decide.ts";
import type { Customer, NamedFeature } from "./customers.ts";

export class DemoClient {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** The feature contract of the program's last model. */
  async features(programId: string): Promise<readonly NamedFeature[]> {
    const { models: routed } = await this.#call(ProgramEntry, "GET", `/v1/programs/${programId}`);
    const { models } = await this.#call(ModelList, "GET", "/v1/models");
    const model = models.find(({ name, version }) => `${name}@${version}` === routed.at(-1));
    if (model === undefined) throw new Error(`the model of ${programId} is not loaded: see the messages above`);
    return model.features;
  }

  putFeatures(users: readonly Customer[]): Promise<z.infer<typeof FeaturesAnswer>> {
    return this.#call(FeaturesAnswer, "PUT", "/v1/features", { users });
  }

  decide(programId: string, userId: string, requestId: string): Promise<DecideAnswer> {
    return this.#call(DecideAnswer, "POST", "/v1/decide", { programId, userId, requestId, explain: true });
  }

  async #call<Schema extends z.ZodType>(
    schema: Schema,
    method: string,
    path: string,
    body?: object,
  ): Promise<z.infer<Schema>> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      ...(body !== undefined && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return schema.parse(JSON.parse(text));
  }
}
