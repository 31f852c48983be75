// Which operations of which SDK package are served, and what AWS has that the pinned SDK lacks.

/** How the SDK's schemas say "a list of strings". */
const listOfText = 64;

/** A service whose shapes are taken from an SDK package: the listed operations, or all. */
export interface ServiceSource {
  readonly package: string;
  readonly protocol: string;
  readonly version: string;
  readonly operations?: string;
  readonly targetPrefix?: string;
  readonly xmlns?: string;
}

/** The services that are served, by the name of their table. */
export const services: Readonly<Record<string, ServiceSource>> = {
  codedeploy: { package: "codedeploy", protocol: "json", version: "2014-10-06", targetPrefix: "CodeDeploy_20141006" },
  ec2: {
    package: "ec2",
    protocol: "ec2",
    version: "2016-11-15",
    xmlns: "http://ec2.amazonaws.com/doc/2016-11-15/",
    operations:
      "RunInstances DescribeInstances DescribeInstanceStatus TerminateInstances StopInstances StartInstances RebootInstances CreateTags DeleteTags DescribeTags DescribeImages DescribeVpcs DescribeSubnets DescribeAvailabilityZones DescribeRegions DescribeSecurityGroups DescribeInstanceTypes DescribeInstanceAttribute DescribeKeyPairs DescribeVolumes GetConsoleOutput CreateLaunchTemplate CreateLaunchTemplateVersion ModifyLaunchTemplate DeleteLaunchTemplate DeleteLaunchTemplateVersions DescribeLaunchTemplates DescribeLaunchTemplateVersions CreateSecurityGroup DeleteSecurityGroup AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress RevokeSecurityGroupEgress DescribeSecurityGroupRules CreateKeyPair ImportKeyPair DeleteKeyPair ModifyInstanceAttribute ModifyInstanceMetadataOptions DescribeRouteTables DescribeInternetGateways DescribeNetworkInterfaces DescribeAccountAttributes DescribeIamInstanceProfileAssociations AssociateIamInstanceProfile DisassociateIamInstanceProfile ReplaceIamInstanceProfileAssociation",
  },
  ecr: {
    package: "ecr",
    protocol: "json",
    version: "2015-09-21",
    targetPrefix: "AmazonEC2ContainerRegistry_V20150921",
    operations:
      "CreateRepository DescribeRepositories DeleteRepository GetAuthorizationToken PutImage BatchGetImage BatchDeleteImage ListImages DescribeImages PutImageTagMutability SetRepositoryPolicy GetRepositoryPolicy DeleteRepositoryPolicy TagResource UntagResource ListTagsForResource",
  },
  s3: {
    package: "s3",
    protocol: "rest-xml",
    version: "2006-03-01",
    xmlns: "http://s3.amazonaws.com/doc/2006-03-01/",
    operations:
      "CreateBucket DeleteBucket HeadBucket ListBuckets GetBucketLocation GetBucketVersioning PutBucketVersioning ListObjects ListObjectsV2 ListObjectVersions PutObject GetObject HeadObject CopyObject DeleteObject DeleteObjects CreateMultipartUpload UploadPart UploadPartCopy CompleteMultipartUpload AbortMultipartUpload ListParts ListMultipartUploads",
  },
  sts: {
    package: "sts",
    protocol: "query",
    version: "2011-06-15",
    xmlns: "https://sts.amazonaws.com/doc/2011-06-15/",
    operations: "GetCallerIdentity AssumeRole GetSessionToken GetAccessKeyInfo",
  },
  lambda: {
    package: "lambda",
    protocol: "rest-json",
    version: "2015-03-31",
    operations:
      "CreateFunction GetFunction GetFunctionConfiguration UpdateFunctionCode UpdateFunctionConfiguration DeleteFunction ListFunctions Invoke PublishVersion ListVersionsByFunction CreateAlias GetAlias UpdateAlias DeleteAlias ListAliases CreateFunctionUrlConfig GetFunctionUrlConfig UpdateFunctionUrlConfig DeleteFunctionUrlConfig ListFunctionUrlConfigs AddPermission RemovePermission GetPolicy PutProvisionedConcurrencyConfig GetProvisionedConcurrencyConfig DeleteProvisionedConcurrencyConfig ListProvisionedConcurrencyConfigs PutFunctionConcurrency GetFunctionConcurrency DeleteFunctionConcurrency PutFunctionEventInvokeConfig GetFunctionEventInvokeConfig UpdateFunctionEventInvokeConfig DeleteFunctionEventInvokeConfig ListTags TagResource UntagResource GetAccountSettings",
  },
  cloudwatch: {
    package: "cloudwatch",
    protocol: "query",
    version: "2010-08-01",
    targetPrefix: "GraniteServiceVersion20100801",
    xmlns: "http://monitoring.amazonaws.com/doc/2010-08-01/",
    operations:
      "DescribeAlarms PutMetricAlarm SetAlarmState DeleteAlarms PutMetricData GetMetricStatistics GetMetricData ListMetrics EnableAlarmActions DisableAlarmActions DescribeAlarmHistory",
  },
  "application-auto-scaling": {
    package: "application-auto-scaling",
    protocol: "json",
    version: "2016-02-06",
    targetPrefix: "AnyScaleFrontendService",
    operations: "RegisterScalableTarget DescribeScalableTargets DeregisterScalableTarget",
  },
  "auto-scaling": {
    package: "auto-scaling",
    protocol: "query",
    version: "2011-01-01",
    xmlns: "http://autoscaling.amazonaws.com/doc/2011-01-01/",
  },
  "load-balancing": {
    package: "elastic-load-balancing-v2",
    protocol: "query",
    version: "2015-12-01",
    xmlns: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
    operations:
      "CreateTargetGroup ModifyTargetGroup DescribeTargetGroups DeleteTargetGroup ModifyTargetGroupAttributes DescribeTargetGroupAttributes RegisterTargets DeregisterTargets DescribeTargetHealth CreateLoadBalancer DescribeLoadBalancers DeleteLoadBalancer DescribeLoadBalancerAttributes ModifyLoadBalancerAttributes SetSubnets SetSecurityGroups SetIpAddressType CreateListener ModifyListener DescribeListeners DeleteListener DescribeListenerAttributes ModifyListenerAttributes AddListenerCertificates RemoveListenerCertificates DescribeListenerCertificates CreateRule ModifyRule DescribeRules DeleteRule SetRulePriorities AddTags RemoveTags DescribeTags DescribeAccountLimits DescribeSSLPolicies",
  },
  "classic-load-balancing": {
    package: "elastic-load-balancing",
    protocol: "query",
    version: "2012-06-01",
    xmlns: "http://elasticloadbalancing.amazonaws.com/doc/2012-06-01/",
    operations:
      "CreateLoadBalancer DeleteLoadBalancer DescribeLoadBalancers DescribeLoadBalancerAttributes ModifyLoadBalancerAttributes ConfigureHealthCheck RegisterInstancesWithLoadBalancer DeregisterInstancesFromLoadBalancer DescribeInstanceHealth CreateLoadBalancerListeners DeleteLoadBalancerListeners AddTags RemoveTags DescribeTags",
  },
  ecs: {
    package: "ecs",
    protocol: "json",
    version: "2014-11-13",
    targetPrefix: "AmazonEC2ContainerServiceV20141113",
    operations:
      "CreateCluster DeleteCluster DescribeClusters ListClusters UpdateCluster UpdateClusterSettings PutClusterCapacityProviders DescribeCapacityProviders RegisterTaskDefinition DeregisterTaskDefinition DeleteTaskDefinitions DescribeTaskDefinition ListTaskDefinitions ListTaskDefinitionFamilies CreateService UpdateService DeleteService DescribeServices ListServices CreateTaskSet UpdateTaskSet DeleteTaskSet DescribeTaskSets UpdateServicePrimaryTaskSet RunTask StopTask DescribeTasks ListTasks ExecuteCommand TagResource UntagResource ListTagsForResource ListContainerInstances DescribeContainerInstances",
  },
  iam: {
    package: "iam",
    protocol: "query",
    version: "2010-05-08",
    xmlns: "https://iam.amazonaws.com/doc/2010-05-08/",
    operations:
      "CreateRole GetRole ListRoles DeleteRole UpdateRole UpdateAssumeRolePolicy AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies PutRolePolicy GetRolePolicy ListRolePolicies DeleteRolePolicy CreateInstanceProfile GetInstanceProfile ListInstanceProfiles ListInstanceProfilesForRole DeleteInstanceProfile AddRoleToInstanceProfile RemoveRoleFromInstanceProfile CreateUser GetUser ListUsers DeleteUser UpdateUser CreateAccessKey ListAccessKeys UpdateAccessKey DeleteAccessKey GetAccessKeyLastUsed AttachUserPolicy DetachUserPolicy ListAttachedUserPolicies PutUserPolicy GetUserPolicy ListUserPolicies DeleteUserPolicy CreatePolicy GetPolicy ListPolicies DeletePolicy CreatePolicyVersion GetPolicyVersion ListPolicyVersions DeletePolicyVersion SetDefaultPolicyVersion ListEntitiesForPolicy UploadServerCertificate GetServerCertificate ListServerCertificates DeleteServerCertificate TagRole UntagRole ListRoleTags TagUser UntagUser ListUserTags CreateGroup GetGroup ListGroups UpdateGroup DeleteGroup AddUserToGroup RemoveUserFromGroup ListGroupsForUser AttachGroupPolicy DetachGroupPolicy ListAttachedGroupPolicies PutGroupPolicy GetGroupPolicy ListGroupPolicies DeleteGroupPolicy PutUserPermissionsBoundary DeleteUserPermissionsBoundary PutRolePermissionsBoundary DeleteRolePermissionsBoundary SimulatePrincipalPolicy",
  },
  sns: {
    package: "sns",
    protocol: "query",
    version: "2010-03-31",
    xmlns: "https://sns.amazonaws.com/doc/2010-03-31/",
    operations:
      "CreateTopic DeleteTopic ListTopics GetTopicAttributes SetTopicAttributes Subscribe ConfirmSubscription Unsubscribe ListSubscriptions ListSubscriptionsByTopic GetSubscriptionAttributes SetSubscriptionAttributes Publish PublishBatch TagResource UntagResource ListTagsForResource",
  },
  ssm: {
    package: "ssm",
    protocol: "json",
    version: "2014-11-06",
    targetPrefix: "AmazonSSM",
    operations: "GetParameter GetParameters GetParametersByPath PutParameter DeleteParameter DescribeParameters",
  },
  logs: {
    package: "cloudwatch-logs",
    protocol: "json",
    version: "2014-03-28",
    targetPrefix: "Logs_20140328",
    operations:
      "CreateLogGroup DeleteLogGroup DescribeLogGroups CreateLogStream DescribeLogStreams PutLogEvents GetLogEvents FilterLogEvents PutRetentionPolicy",
  },
};

/** Members and faults that AWS has and the pinned SDK lacks (api.md §10), by service. A test asks for their removal once the SDK has them. */
export const newer: Readonly<Record<string, Newer>> = {
  codedeploy: {
    structures: { EC2DeploymentOptions: { autoScalingGroupProcessesToSuspend: listOfText } },
    members: {
      CreateDeploymentGroupInput: { ec2DeploymentOptions: "EC2DeploymentOptions" },
      UpdateDeploymentGroupInput: { ec2DeploymentOptions: "EC2DeploymentOptions" },
      CreateDeploymentInput: { ec2DeploymentOptions: "EC2DeploymentOptions" },
      DeploymentGroupInfo: { ec2DeploymentOptions: "EC2DeploymentOptions" },
      DeploymentInfo: { ec2DeploymentOptions: "EC2DeploymentOptions" },
    },
    errors: ["InvalidAutoScalingGroupProcessToSuspendException"],
  },
};

/** Structures of simple members, and the members of other structures that have them as their type. */
export interface Newer {
  readonly structures: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly members: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly errors: readonly string[];
}
