import type { Actor } from "./actors.ts";

/** What a request is about. */
export interface Resource {
  /** How often its actors ask for it: the shares of a kind of actor add up to 1. */
  readonly share: number;
  readonly kind: string;
  /** Empty for a URL that is no resource. */
  readonly resource: string;
  readonly subresource?: string;
  readonly group?: string;
  readonly version: string;
  /** What the names of its objects begin with. */
  readonly stem: string;
  readonly clusterWide?: true;
  /** The only verb there is for it. */
  readonly verb?: "get" | "create" | "update" | "patch";
  /** How often its events carry bodies. */
  readonly bodies: number;
}

const nonResource = { kind: "", resource: "", version: "", stem: "x", verb: "get", bodies: 0 } as const;
const pods = { kind: "Pod", resource: "pods", version: "v1", stem: "web" } as const;
const secrets = { kind: "Secret", resource: "secrets", version: "v1", stem: "database-credentials" } as const;
const configMaps = { kind: "ConfigMap", resource: "configmaps", version: "v1", stem: "settings" } as const;
const deployments = {
  kind: "Deployment",
  resource: "deployments",
  group: "apps",
  version: "v1",
  stem: "checkout",
} as const;
const events = { kind: "Event", resource: "events", version: "v1", stem: "web", verb: "create", bodies: 0 } as const;
const leases = {
  kind: "Lease",
  resource: "leases",
  group: "coordination.k8s.io",
  version: "v1",
  stem: "node",
  verb: "update",
  bodies: 0,
} as const;
const nodeStatus = {
  kind: "Node",
  resource: "nodes",
  subresource: "status",
  version: "v1",
  stem: "ip-10-40",
  clusterWide: true,
  verb: "patch",
} as const;
const tokens = {
  kind: "TokenRequest",
  resource: "serviceaccounts",
  subresource: "token",
  version: "v1",
  stem: "builder",
  verb: "create",
} as const;
const tokenReviews = {
  kind: "TokenReview",
  resource: "tokenreviews",
  group: "authentication.k8s.io",
  version: "v1",
  stem: "review",
  clusterWide: true,
  verb: "create",
} as const;
const accessReviews = {
  kind: "SubjectAccessReview",
  resource: "subjectaccessreviews",
  group: "authorization.k8s.io",
  version: "v1",
  stem: "review",
  clusterWide: true,
  verb: "create",
  bodies: 0,
} as const;
const roleBindings = {
  kind: "RoleBinding",
  resource: "rolebindings",
  group: "rbac.authorization.k8s.io",
  version: "v1",
  stem: "edit",
} as const;
const exec = {
  kind: "Pod",
  resource: "pods",
  subresource: "exec",
  version: "v1",
  stem: "web",
  verb: "create",
  bodies: 0,
} as const;

/** What each kind of actor asks for. */
export const RESOURCES: Readonly<Record<Actor["kind"], readonly Resource[]>> = {
  node: [
    { share: 0.35, ...leases },
    { share: 0.25, ...nodeStatus, bodies: 0.05 },
    { share: 0.2, ...pods, bodies: 0.05 },
    { share: 0.08, ...configMaps, bodies: 0.2 },
    { share: 0.05, ...secrets, bodies: 0.2 },
    { share: 0.04, ...tokens, bodies: 0.5 },
    { share: 0.03, ...nonResource },
  ],
  "control-plane": [
    { share: 0.4, ...leases },
    { share: 0.2, ...pods, bodies: 0.1 },
    { share: 0.15, ...deployments, bodies: 0.1 },
    { share: 0.1, ...events },
    { share: 0.1, ...accessReviews },
    { share: 0.05, ...nonResource },
  ],
  "service-account": [
    { share: 0.3, ...leases },
    { share: 0.22, ...pods, bodies: 0.06 },
    { share: 0.15, ...configMaps, bodies: 0.1 },
    { share: 0.12, ...secrets, bodies: 0.12 },
    { share: 0.09, ...deployments, bodies: 0.1 },
    { share: 0.07, ...tokenReviews, bodies: 0.5 },
    { share: 0.05, ...accessReviews },
  ],
  person: [
    { share: 0.36, ...pods, bodies: 0.05 },
    { share: 0.22, ...deployments, bodies: 0.08 },
    { share: 0.12, ...configMaps, bodies: 0.1 },
    { share: 0.09, ...secrets, bodies: 0.12 },
    { share: 0.07, ...roleBindings, bodies: 0.1 },
    { share: 0.05, ...exec },
    { share: 0.05, ...events },
    { share: 0.04, ...nonResource },
  ],
};
