// What an approval policy comes to. Free of zod at run time, so that the panel can use it without a schema library.
import type { ApprovalPolicy, PlainApprovalPolicy } from "./approval.ts";

/** For a command or a change, which is all that is asked about here. */
export function plainPolicy(policy: ApprovalPolicy): PlainApprovalPolicy {
  if (typeof policy === "string") return policy;
  return policy.granular.sandbox_approval ? "on-request" : "never";
}
