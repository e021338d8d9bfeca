// A registry in an existing network, with users from the stack's configuration.
import * as pulumi from "@pulumi/pulumi";
import * as privateRegistry from "@community/private-registry";

const config = new pulumi.Config();

const registry = new privateRegistry.PrivateRegistry("images", {
    image: "registry:3",
    users: config.requireSecretObject<Record<string, string>>("users"),
    network: {
        vpcId: config.require("vpcId"),
        publicSubnetIds: config.requireObject<string[]>("publicSubnetIds"),
        privateSubnetIds: config.requireObject<string[]>("privateSubnetIds"),
    },
    tags: { team: "platform" },
});

export const address = registry.address;
export const caCertificate = registry.caCertificate;
