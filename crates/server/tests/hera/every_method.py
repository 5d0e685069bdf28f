"""Hera, unmodified, against our server: every method of its service, and workflows of its main features
(API-321, API-322, API-340): its models read our objects, its waiting knows our phases.

usage: every_method.py URL
"""

import inspect
import shutil
import sys
import tempfile
import time
import urllib.request

from hera.workflows import (
    DAG,
    Artifact,
    ClusterWorkflowTemplate,
    Container,
    CronWorkflow,
    NoneArchiveStrategy,
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
    ClusterWorkflowTemplateLintRequest,
    ClusterWorkflowTemplateUpdateRequest,
    CreateCronWorkflowRequest,
    CreateSyncLimitRequest,
    CronWorkflowResumeRequest,
    CronWorkflowSuspendRequest,
    LintCronWorkflowRequest,
    ResubmitArchivedWorkflowRequest,
    RetryArchivedWorkflowRequest,
    UpdateCronWorkflowRequest,
    UpdateSyncLimitRequest,
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

class Noting(WorkflowsService):
    """Hera's service, which notes what is called."""

    called = set()

    def __getattribute__(self, name):
        if not name.startswith("_") and callable(getattr(WorkflowsService, name, None)):
            Noting.called.add(name)
        return super().__getattribute__(name)


service = Noting(host=sys.argv[1], token="any", namespace="default")
tried = []
# Steps without a sandbox write where their documents say.
folder = tempfile.mkdtemp()


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
    """Scripts, dags, steps, loops, conditions, retries, exit handlers, suspension, artifacts, output parameters."""
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
    with Workflow(generate_name="artifacts-", entrypoint="main", namespace="default") as artifacts:
        write = shell("write", "echo from the first > {{outputs.artifacts.made.path}}",
                      outputs=[Artifact(name="made", path=f"{folder}/made", archive=NoneArchiveStrategy())])
        read = shell("read", "grep -q 'from the first' {{inputs.artifacts.given.path}}",
                     inputs=[Artifact(name="given", path=f"{folder}/given")])
        with Steps(name="main"):
            first = Step(name="write", template=write)
            Step(name="read", template=read, arguments=[first.get_artifact("made").with_name("given")])
    return [scripts, dag, loop, retry, artifacts]


def parked(name, **more):
    with Workflow(name=name, entrypoint="main", namespace="default", **more) as workflow:
        with Steps(name="main"):
            Step(name="ask", template=Suspend(name="ask"))
    return workflow.build()


for example in examples():
    made = service.create_workflow(WorkflowCreateRequest(workflow=example.build()))
    ended = wait(made.metadata.name)
    check(f"run {example.generate_name}", ended.status.phase == "Succeeded", ended.status)
    if example.generate_name == "artifacts-":
        passed_on = ended

nodes = {node.display_name: node for node in passed_on.status.nodes.values()}
run, writer, reader = passed_on.metadata, nodes["write"].id, nodes["read"].id
for name, text in [
    ("get_output_artifact", service.get_output_artifact(run.name, writer, "made")),
    ("get_input_artifact", service.get_input_artifact(run.name, reader, "given")),
    ("get_output_artifact_by_uid", service.get_output_artifact_by_uid(run.uid, writer, "made")),
    ("get_input_artifact_by_uid", service.get_input_artifact_by_uid(run.uid, reader, "given")),
    ("get_artifact_file", service.get_artifact_file("workflows", run.name, writer, "made", "outputs")),
]:
    check(name, "from the first" in text, text)

with Workflow(name="spoken", entrypoint="main", namespace="default") as spoken:
    shell("main", "echo one line")
service.create_workflow(WorkflowCreateRequest(workflow=spoken.build()))
wait("spoken")
# Hera reads an answer of one line, and keeps nothing of it.
check("workflow_logs", service.workflow_logs("spoken", container="main", tail_lines="1") is not None)
check("pod_logs", service.pod_logs("spoken", "spoken", container="main", tail_lines="1") is not None)


def page(link):
    with urllib.request.urlopen(link) as answer:
        return answer.status == 200


check("get_workflow_link", page(service.get_workflow_link("spoken")))
check("get_cron_workflow_link", page(service.get_cron_workflow_link("any")))

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
service.lint_cluster_workflow_template(ClusterWorkflowTemplateLintRequest(template=for_all.build()))
tried.append("lint_cluster_workflow_template")
whole = service.get_cluster_workflow_template("for-all")
whole.metadata.labels = {"changed": "yes"}
service.update_cluster_workflow_template("for-all", ClusterWorkflowTemplateUpdateRequest(template=whole))
check("update_cluster_workflow_template",
      service.get_cluster_workflow_template("for-all").metadata.labels["changed"] == "yes")
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
values = service.list_archived_workflow_label_values(label_selector="workflows.argoproj.io/phase").items
check("list_archived_workflow_label_values", "Succeeded" in values, values)
copy = service.resubmit_archived_workflow(uid, ResubmitArchivedWorkflowRequest(namespace="default"))
check("resubmit_archived_workflow", copy.metadata.name)
service.delete_archived_workflow(uid)
check("delete_archived_workflow", uid not in [item.metadata.uid for item in service.list_archived_workflows().items or []])
lost = [item.metadata for item in archived if item.metadata.name == "three"][0]
service.delete_workflow("three")
back = service.retry_archived_workflow(lost.uid, RetryArchivedWorkflowRequest(namespace="default"))
check("retry_archived_workflow", back.metadata.name == "three", back.metadata)

# Argo itself refuses the names of types that Hera sends, so the one that is meant where none is said.
service.create_sync_limit(CreateSyncLimitRequest(key="gate", limit=2, cm_name="limits"))
check("create_sync_limit", service.get_sync_limit("gate", cm_name="limits") is not None)
service.update_sync_limit("gate", UpdateSyncLimitRequest(limit=3, cm_name="limits"))
tried.append("update_sync_limit")
service.delete_sync_limit("gate", cm_name="limits")
tried.append("delete_sync_limit")
check("get_info", service.get_info() is not None)
check("get_version", service.get_version().version)
check("get_user_info", service.get_user_info() is not None)
service.close()
shutil.rmtree(folder)
every = {name for name, _ in inspect.getmembers(WorkflowsService, inspect.isfunction) if not name.startswith("_")}
check("every method", every <= Noting.called, sorted(every - Noting.called))
print(f"Hera: {len(tried)} methods and examples agree")
