"""Hera, unmodified, against our server: every method of its service, and workflows of its main features
(API-321, API-322, API-340): its models read our objects, its waiting knows our phases.

usage: every_method.py URL
"""

import sys
import time

from hera.workflows import (
    DAG,
    ClusterWorkflowTemplate,
    Container,
    CronWorkflow,
    Parameter,
    RetryStrategy,
    Step,
    Steps,
    Suspend,
    Task,
    Workflow,
    WorkflowsService,
    WorkflowTemplate,
    script,
)
from hera.workflows.models import (
    ClusterWorkflowTemplateCreateRequest,
    CreateCronWorkflowRequest,
    CronWorkflowResumeRequest,
    CronWorkflowSuspendRequest,
    LintCronWorkflowRequest,
    ResubmitArchivedWorkflowRequest,
    UpdateCronWorkflowRequest,
    WorkflowCreateRequest,
    WorkflowLintRequest,
    WorkflowResubmitRequest,
    WorkflowResumeRequest,
    WorkflowRetryRequest,
    WorkflowSetRequest,
    WorkflowStopRequest,
    WorkflowSubmitRequest,
    WorkflowSuspendRequest,
    WorkflowTemplateCreateRequest,
    WorkflowTemplateLintRequest,
    WorkflowTemplateUpdateRequest,
    WorkflowTerminateRequest,
)

service = WorkflowsService(host=sys.argv[1], token="any", namespace="default")
tried = []


def check(name, holds, told=""):
    tried.append(name)
    if not holds:
        sys.exit(f"{name}: {told}")


def wait(name, phases=("Succeeded", "Failed", "Error")):
    end = time.monotonic() + 120
    while time.monotonic() < end:
        workflow = service.get_workflow(name)
        if workflow.status and workflow.status.phase in phases:
            return workflow
        time.sleep(0.05)
    sys.exit(f"{name} does not end: {service.get_workflow(name).status}")


@script(image="python:3.11", command=["python3"])
def double(number: int):
    print(number * 2)


def shell(name, text, **more):
    return Container(name=name, image="busybox", command=["sh", "-c"], args=[text], **more)


def examples():
    """Scripts, dags, steps, loops, conditions, retries, exit handlers, suspension."""
    with Workflow(generate_name="scripts-", entrypoint="main", namespace="default") as scripts:
        with Steps(name="main"):
            first = double(name="first", arguments={"number": 21})
            Step(name="told", template=shell("say", "echo {{inputs.parameters.what}}", inputs=[Parameter(name="what")]),
                 arguments={"what": first.result})
    with Workflow(generate_name="dag-", entrypoint="main", namespace="default") as dag:
        say = shell("say", "echo {{inputs.parameters.what}}", inputs=[Parameter(name="what")])
        with DAG(name="main"):
            a = Task(name="a", template=say, arguments={"what": "a"})
            b = Task(name="b", template=say, arguments={"what": "b"})
            c = Task(name="c", template=say, arguments={"what": "c"})
            d = Task(name="d", template=say, arguments={"what": "d"}, when="a != a")
            a >> [b, c] >> d
    with Workflow(generate_name="loop-", entrypoint="main", namespace="default") as loop:
        say = shell("say", "echo {{inputs.parameters.what}}", inputs=[Parameter(name="what")])
        with Steps(name="main"):
            Step(name="each", template=say, arguments={"what": "{{item}}"}, with_items=["x", "y", "z"])
    with Workflow(generate_name="retry-", entrypoint="main", namespace="default", on_exit="bye") as retry:
        shell("main", "exit $(( {{retries}} == 0 ))", retry_strategy=RetryStrategy(limit="2"))
        shell("bye", "echo {{workflow.status}}")
    return [scripts, dag, loop, retry]


def parked(name, **more):
    with Workflow(name=name, entrypoint="main", namespace="default", **more) as workflow:
        with Steps(name="main"):
            Step(name="ask", template=Suspend(name="ask"))
    return workflow.build()


for example in examples():
    made = service.create_workflow(WorkflowCreateRequest(workflow=example.build()))
    ended = wait(made.metadata.name)
    check(f"run {example.generate_name}", ended.status.phase == "Succeeded", ended.status)

linted = service.lint_workflow(WorkflowLintRequest(workflow=parked("linted")))
check("lint_workflow", linted.metadata.name == "linted")
service.create_workflow(WorkflowCreateRequest(workflow=parked("one")))
check("list_workflows", "one" in [item.metadata.name for item in service.list_workflows().items])
wait("one", ["Running"])
check("suspend_workflow", service.suspend_workflow("one", WorkflowSuspendRequest()).spec.suspend)
service.resume_workflow("one", WorkflowResumeRequest())
check("resume_workflow", wait("one").status.phase == "Succeeded")
again = service.resubmit_workflow("one", WorkflowResubmitRequest())
check("resubmit_workflow", again.metadata.name != "one")
service.stop_workflow(again.metadata.name, WorkflowStopRequest(message="enough"))
check("stop_workflow", wait(again.metadata.name).status.phase in ("Failed", "Error"))
with Workflow(name="flaky", entrypoint="main", namespace="default") as flaky:
    shell("main", "test -e /tmp/tiphys-hera || { touch /tmp/tiphys-hera; exit 1; }; rm /tmp/tiphys-hera")
service.create_workflow(WorkflowCreateRequest(workflow=flaky.build()))
check("a workflow fails", wait("flaky").status.phase == "Failed")
service.retry_workflow("flaky", WorkflowRetryRequest())
check("retry_workflow", wait("flaky", ["Succeeded"]).status.phase == "Succeeded")
service.create_workflow(WorkflowCreateRequest(workflow=parked("three")))
wait("three", ["Running"])
service.terminate_workflow("three", WorkflowTerminateRequest())
check("terminate_workflow", wait("three").status.phase == "Failed")
service.create_workflow(WorkflowCreateRequest(workflow=parked("two")))
wait("two", ["Running"])
service.set_workflow("two", WorkflowSetRequest(node_field_selector="displayName=ask", phase="Failed", message="no"))
check("set_workflow", wait("two").status.phase == "Failed")
service.create_workflow(WorkflowCreateRequest(workflow=parked("four")))
service.delete_workflow("four")
check("delete_workflow", "four" not in [item.metadata.name for item in service.list_workflows().items])

with WorkflowTemplate(name="kept", entrypoint="main", namespace="default") as kept:
    Suspend(name="main")
template = service.create_workflow_template(WorkflowTemplateCreateRequest(template=kept.build()))
check("create_workflow_template", template.metadata.name == "kept")
service.lint_workflow_template(WorkflowTemplateLintRequest(template=kept.build()))
check("lint_workflow_template", True)
check("get_workflow_template", service.get_workflow_template("kept").metadata.uid == template.metadata.uid)
check("list_workflow_templates", len(service.list_workflow_templates().items) == 1)
template.metadata.labels = {"changed": "yes"}
service.update_workflow_template("kept", WorkflowTemplateUpdateRequest(template=template))
check("update_workflow_template", service.get_workflow_template("kept").metadata.labels["changed"] == "yes")
made = service.submit_workflow(WorkflowSubmitRequest(resource_kind="WorkflowTemplate", resource_name="kept"))
check("submit_workflow", made.metadata.name.startswith("kept-"))
service.delete_workflow_template("kept")
check("delete_workflow_template", not service.list_workflow_templates().items)

with ClusterWorkflowTemplate(name="for-all", entrypoint="main") as for_all:
    Suspend(name="main")
service.create_cluster_workflow_template(ClusterWorkflowTemplateCreateRequest(template=for_all.build()))
check("create_cluster_workflow_template", service.get_cluster_workflow_template("for-all").metadata.name == "for-all")
check("list_cluster_workflow_templates", len(service.list_cluster_workflow_templates().items) == 1)
service.delete_cluster_workflow_template("for-all")
check("delete_cluster_workflow_template", not service.list_cluster_workflow_templates().items)

with CronWorkflow(name="nightly", entrypoint="main", schedules=["0 2 * * *"], namespace="default") as nightly:
    Suspend(name="main")
cron = service.create_cron_workflow(CreateCronWorkflowRequest(cron_workflow=nightly.build()))
check("create_cron_workflow", cron.spec.schedules == ["0 2 * * *"])
service.lint_cron_workflow(LintCronWorkflowRequest(cron_workflow=nightly.build()))
check("lint_cron_workflow", True)
check("list_cron_workflows", len(service.list_cron_workflows().items) == 1)
service.suspend_cron_workflow("nightly", CronWorkflowSuspendRequest())
check("suspend_cron_workflow", service.get_cron_workflow("nightly").spec.suspend)
service.resume_cron_workflow("nightly", CronWorkflowResumeRequest())
cron = service.get_cron_workflow("nightly")
check("resume_cron_workflow", not cron.spec.suspend)
cron.spec.schedules = ["0 3 * * *"]
service.update_cron_workflow("nightly", UpdateCronWorkflowRequest(cron_workflow=cron))
check("update_cron_workflow", service.get_cron_workflow("nightly").spec.schedules == ["0 3 * * *"])
service.delete_cron_workflow("nightly")
check("delete_cron_workflow", not service.list_cron_workflows().items)

archived = service.list_archived_workflows().items
check("list_archived_workflows", archived)
uid = [item.metadata.uid for item in archived if item.metadata.name == "one"][0]
check("get_archived_workflow", service.get_archived_workflow(uid).metadata.name == "one")
check("list_archived_workflow_label_keys", service.list_archived_workflow_label_keys().items)
copy = service.resubmit_archived_workflow(uid, ResubmitArchivedWorkflowRequest(namespace="default"))
check("resubmit_archived_workflow", copy.metadata.name)
service.delete_archived_workflow(uid)
check("delete_archived_workflow", uid not in [item.metadata.uid for item in service.list_archived_workflows().items or []])
check("get_info", service.get_info() is not None)
check("get_version", service.get_version().version)
check("get_user_info", service.get_user_info() is not None)
print(f"Hera: {len(tried)} methods and examples agree")
