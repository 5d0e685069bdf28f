//! Random workflows, whose outcome does not depend on the order in which their steps end.
//!
//! They use what the engine decides about: groups, dags, conditions, loops, retries, tolerated failures, hooks of
//! steps and of the workflow, suspensions, limits, locks, remembered results. References always resolve, and hooks
//! only look at how something ended. Locks of templates that call each other have an order, so that nobody waits in
//! a circle, and what is remembered is run once.

use crate::random::Random;
use engine::Frozen;
use serde_json::{Map, Value, json};
use tiphys_engine as engine;

/// Most templates that call each other, one inside the other.
const DEPTH_MAX: usize = 3;

/// What may occur.
#[derive(Clone, Copy, Debug)]
pub struct Taste {
    /// Retry strategies may wait.
    pub backoff: bool,
    /// Templates may take locks.
    pub locks: bool,
    /// Limits of parallelism.
    pub limits: bool,
    /// Hooks other than exit hooks.
    pub hooks: bool,
    /// Templates whose results are remembered.
    pub memos: bool,
    /// Daemons, which run until what lies beside them is over.
    pub daemons: bool,
    /// Suspensions that only a person ends.
    pub waits: bool,
    /// Deadlines and limits of time, so that the outcome depends on when things happen.
    pub deadlines: bool,
    /// Dags may have tasks that fail beside others that are in Error: which of both such a dag comes to depends on the
    /// order in which its nodes were made, so on when things happen (EX-168).
    pub mixed: bool,
    /// Steps may fail by a parameter of the workflow, so that a retry with another value mends them.
    pub mendable: bool,
}

impl Taste {
    /// Everything whose outcome the model foretells.
    pub const ALL: Taste = Taste {
        backoff: true,
        locks: true,
        limits: true,
        hooks: true,
        memos: true,
        daemons: false,
        waits: false,
        deadlines: false,
        mixed: true,
        mendable: false,
    };
    /// Everything whose outcome does not depend on when what happens.
    pub const STEADY: Taste = Taste { daemons: true, waits: true, mixed: false, ..Taste::ALL };
    /// Everything.
    pub const WILD: Taste = Taste { deadlines: true, mixed: true, ..Taste::STEADY };
    /// What is retried by hand: what is remembered would not be run again, and constructs that go on at the same time
    /// may ask for the same lock, one inside the other.
    pub const LIVES: Taste = Taste { memos: false, locks: false, mendable: true, ..Taste::ALL };
}

/// A workflow of this seed.
pub fn workflow(seed: u64, taste: Taste) -> Result<Frozen, String> {
    workflow_called("demo", seed, taste)
}

/// The same under another name.
pub fn workflow_called(name: &str, seed: u64, taste: Taste) -> Result<Frozen, String> {
    let mut random = Random::new(seed);
    let errors = taste.mixed || random.percent(30);
    let mut author = Author {
        random,
        taste,
        errors,
        dags: taste.mixed || !errors,
        templates: Vec::new(),
        loops: 0,
        remembered: 0,
        daemons: 0,
        torn: 0,
    };
    let main = author.template(0, 3);
    let mut spec = Map::new();
    spec.insert("entrypoint".to_owned(), json!(main));
    spec.insert(
        "arguments".to_owned(),
        json!({"parameters": [{"name": "m", "value": "hi"}, {"name": "code", "value": if taste.mendable { "1" } else { "0" }}]}),
    );
    if author.random.percent(30) {
        let exit = if author.random.percent(50) { author.leaf() } else { author.template(2, 2) };
        spec.insert("onExit".to_owned(), json!(exit));
    }
    if taste.hooks && author.random.percent(15) {
        let phase = *author.random.pick(&["Succeeded", "Failed", "Error"]);
        let expression = format!("workflow.status == \"{phase}\"");
        spec.insert(
            "hooks".to_owned(),
            json!({"end": {"template": author.leaf(), "expression": expression}}),
        );
    }
    if taste.locks && author.random.percent(10) {
        spec.insert("synchronization".to_owned(), json!({"mutexes": [{"name": "whole"}]}));
    }
    if author.random.percent(30) {
        spec.insert("artifactGC".to_owned(), json!({"strategy": "OnWorkflowCompletion"}));
    }
    if taste.deadlines && author.random.percent(25) {
        spec.insert("activeDeadlineSeconds".to_owned(), json!(5 + author.random.below(60)));
    }
    if taste.limits && author.random.percent(25) {
        spec.insert("parallelism".to_owned(), json!(1 + author.random.below(4)));
    }
    if author.daemons > 0 || author.torn > 0 {
        // A daemon takes its place under a limit until what it serves is over, which may wait for that place. And a hook that
        // waits for a place finds its task in Error for the hook beside it, and is not called for any more (EX-247, EX-630).
        spec.remove("parallelism");
        for template in author.templates.iter_mut().filter_map(Value::as_object_mut) {
            template.remove("parallelism");
        }
    }
    spec.insert("templates".to_owned(), Value::Array(author.templates));
    let document = json!({
        "metadata": {
            "name": name, "namespace": "argo", "uid": format!("{name}-{seed}"),
            "creationTimestamp": "2030-01-01T00:00:00Z",
        },
        "spec": spec,
    });
    let workflow = serde_json::from_value(document).map_err(|error| error.to_string())?;
    let sizes = json!({"metadata": {"name": "sizes", "namespace": "argo"}, "data": {"two": "2"}});
    let sizes = serde_json::from_value(sizes).map_err(|error| error.to_string())?;
    Ok(Frozen { workflow, config_maps: vec![sizes], ..Frozen::default() })
}

/// What a step or task may read of others.
#[derive(Default)]
struct Known {
    /// Those whose status it may read.
    names: Vec<String>,
    /// Those of them that have an output by then.
    giving: Vec<String>,
}

struct Author {
    random: Random,
    taste: Taste,
    /// Steps may be in Error.
    errors: bool,
    /// Templates may be dags.
    dags: bool,
    templates: Vec<Value>,
    /// How many loops the template at hand will lie in.
    loops: usize,
    /// Templates whose results are remembered.
    remembered: usize,
    /// Templates that are daemons.
    daemons: usize,
    /// Tasks with a hook that cannot be read beside one that waits for how they end.
    torn: usize,
}

impl Author {
    fn add(&mut self, mut template: Value) -> String {
        let name = format!("t{}", self.templates.len());
        template["name"] = json!(name);
        self.templates.push(template);
        name
    }

    /// A template of any type; `width` bounds its tasks.
    fn template(&mut self, depth: usize, width: usize) -> String {
        if depth >= DEPTH_MAX {
            return self.leaf();
        }
        match self.random.below(10) {
            0 => self.leaf(),
            6.. if self.dags => self.dag(depth, width),
            _ => self.steps(depth, width),
        }
    }

    fn leaf(&mut self) -> String {
        match self.random.below(20) {
            0 => return self.set(),
            1 => return self.call(),
            2 if self.taste.daemons => return self.daemon(),
            _ => {}
        }
        let mut args = vec![format!("takes={}", 1 + self.random.below(9))];
        let mut template = match self.random.below(10) {
            0 if self.taste.mendable && self.random.percent(60) => {
                args.push("exit={{workflow.parameters.code}}".to_owned());
                json!({})
            }
            0 => {
                args.push(format!("exit={}", 1 + self.random.below(3)));
                json!({})
            }
            1 if self.errors => {
                args.push("error=it broke".to_owned());
                json!({})
            }
            2 => {
                // Fails a number of times, then works.
                let times = 1 + self.random.below(3);
                args.push(format!("exit={{{{=asInt(retries) < {times} ? '1' : '0'}}}}"));
                json!({"retryStrategy": {"limit": 2}})
            }
            3 | 4 => {
                args.push("p.p=v{{inputs.parameters.m}}".to_owned());
                json!({
                    "inputs": {"parameters": [{"name": "m", "default": "d"}]},
                    "outputs": {"parameters": [{"name": "p", "valueFrom": {"path": "/tmp/p"}}]},
                })
            }
            5 => return self.suspend(),
            _ => json!({}),
        };
        if self.random.percent(10) {
            args.push(format!("a.a=key-{}", self.templates.len()));
            template["outputs"]["artifacts"] = json!([{"name": "a", "path": "/tmp/a"}]);
        }
        template["container"] = json!({"image": "cast", "args": args});
        if self.random.percent(10) {
            let counter = json!({"name": "steps", "help": "steps", "counter": {"value": "1"}});
            template["metrics"] = json!({"prometheus": [counter]});
        }
        if self.taste.deadlines && self.random.percent(15) {
            let seconds = 1 + self.random.below(12);
            match self.random.below(3) {
                0 => template["activeDeadlineSeconds"] = json!(seconds),
                1 => template["pendingTimeout"] = json!(format!("{seconds}s")),
                _ => template["timeout"] = json!(format!("{seconds}s")),
            }
        }
        self.may_lock(&mut template);
        self.may_retry(&mut template);
        self.may_remember(&mut template);
        self.add(template)
    }

    /// Gives on what it is given.
    fn echo(&mut self) -> String {
        let mut template = json!({
            "inputs": {"parameters": [{"name": "m", "default": "d"}]},
            "outputs": {"parameters": [{"name": "p", "valueFrom": {"path": "/tmp/p"}}]},
            "container": {"image": "cast", "args": ["takes=2", "p.p=<{{inputs.parameters.m}}>"]},
        });
        self.may_lock(&mut template);
        self.may_retry(&mut template);
        self.may_remember(&mut template);
        self.add(template)
    }

    /// Several containers in one pod, of which one may need another.
    fn set(&mut self) -> String {
        let mut containers = Vec::new();
        for name in ["first", "main"] {
            let mut args = vec![format!("takes={}", 1 + self.random.below(5))];
            if self.random.percent(15) {
                args.push(format!("exit={}", 1 + self.random.below(3)));
            }
            containers.push(json!({"name": name, "image": "cast", "args": args}));
        }
        if self.random.percent(50) {
            containers[1]["dependencies"] = json!(["first"]);
        }
        let mut template = json!({"containerSet": {"containers": containers}});
        self.may_lock(&mut template);
        self.may_retry(&mut template);
        self.may_remember(&mut template);
        self.add(template)
    }

    /// What the agent calls.
    fn call(&mut self) -> String {
        let mut url = format!("takes={}", 1 + self.random.below(5));
        if self.random.percent(20) {
            url.push_str(" exit=1");
        }
        let mut template = match self.random.percent(40) {
            true => json!({"plugin": {"cast": {"words": url}}}),
            false => json!({"http": {"url": url}}),
        };
        self.may_lock(&mut template);
        self.may_retry(&mut template);
        self.add(template)
    }

    /// What serves others, as soon as it is ready.
    fn daemon(&mut self) -> String {
        self.daemons += 1;
        let args = [format!("takes={}", 1 + self.random.below(5))];
        let mut template = json!({"daemon": true, "container": {"image": "cast", "args": args}});
        if self.random.percent(30) {
            template["retryStrategy"] = json!({"limit": 2, "retryPolicy": "Always"});
        }
        self.add(template)
    }

    fn may_lock(&mut self, template: &mut Value) {
        if self.taste.locks && self.random.percent(15) {
            let name = *self.random.pick(&["m1", "m2"]);
            let semaphore = json!([{"configMapKeyRef": {"name": "sizes", "key": "two"}}]);
            template["synchronization"] = match self.random.below(4) {
                0 => json!({"semaphores": semaphore}),
                1 => json!({"semaphores": semaphore, "mutexes": [{"name": name}]}),
                2 => json!({"semaphores": semaphore, "mutexes": [{"name": "m1"}, {"name": "m2"}]}),
                _ => json!({"mutexes": [{"name": name}]}),
            };
        }
    }

    /// Results are remembered under a key of their own, of what is entered once.
    fn may_remember(&mut self, template: &mut Value) {
        if self.taste.memos && self.loops == 0 && self.random.percent(10) {
            let key = format!("k{}", self.templates.len());
            template["memoize"] = json!({"key": key, "cache": {"configMap": {"name": "cache"}}});
            self.remembered += 1;
        }
    }

    fn suspend(&mut self) -> String {
        let mut template = json!({"suspend": {}});
        let for_somebody = self.taste.waits && self.random.percent(30);
        if !for_somebody {
            let seconds = self.random.below(20);
            template["suspend"]["duration"] = json!(format!("{seconds}s"));
        }
        if self.random.percent(40) {
            let mut from = json!({"supplied": {}});
            // What a person is asked for has no default: who lets everything go on would give it instead.
            if !for_somebody {
                from["default"] = json!("unasked");
            }
            template["outputs"]["parameters"] = json!([{"name": "p", "valueFrom": from}]);
        }
        self.add(template)
    }

    fn may_retry(&mut self, template: &mut Value) {
        if !self.random.percent(15) {
            return;
        }
        let mut strategy = json!({"limit": self.random.below(3)});
        if self.random.percent(80) {
            strategy["retryPolicy"] = json!(self.random.pick(&["Always", "OnFailure", "OnError"]));
        }
        if self.random.percent(25) {
            let expressions =
                ["lastRetry.exitCode != \"2\"", "lastRetry.status == \"Error\"", "asInt(retries) < 1"];
            strategy["expression"] = json!(self.random.pick(&expressions));
        }
        if self.taste.backoff && self.random.percent(40) {
            strategy["backoff"] = json!({"duration": "5s", "factor": 2});
        }
        template["retryStrategy"] = strategy;
    }

    fn steps(&mut self, depth: usize, width: usize) -> String {
        let remembered = self.remembered;
        let mut earlier = Known::default();
        let mut groups = Vec::new();
        for _ in 0..1 + self.random.below(width) {
            let mut group = Vec::new();
            let mut beside = Known::default();
            for _ in 0..1 + self.random.below(width) {
                let name = format!("s{}", earlier.names.len() + beside.names.len());
                let mut step = self.task(&name, "steps", &earlier, depth);
                if self.random.percent(25) {
                    step["continueOn"] = self.tolerance();
                }
                if self.surely_gives(&step) {
                    beside.giving.push(name.clone());
                }
                group.push(step);
                beside.names.push(name);
            }
            groups.push(Value::Array(group));
            earlier.names.extend(beside.names);
            earlier.giving.extend(beside.giving);
        }
        let mut template = json!({"steps": groups});
        self.frame(&mut template, depth, remembered);
        self.may_export(&mut template, "steps", &earlier.names);
        self.add(template)
    }

    fn dag(&mut self, depth: usize, width: usize) -> String {
        let remembered = self.remembered;
        let mut tasks = Vec::new();
        let mut names: Vec<String> = Vec::new();
        let mut giving: Vec<String> = Vec::new();
        for at in 0..1 + self.random.below(width * 2) {
            // Names whose order is not that of the document.
            let name = format!("{}{at}", self.random.pick(&["a", "b", "z"]));
            let needs: Vec<String> =
                names.iter().filter(|_| self.random.percent(40)).take(3).cloned().collect();
            let known = Known {
                giving: needs.iter().filter(|need| giving.contains(need)).cloned().collect(),
                names: needs,
            };
            let mut task = self.task(&name, "tasks", &known, depth);
            if !known.names.is_empty() {
                let depends = self.depends(&known.names);
                task["depends"] = json!(depends);
            }
            if self.surely_gives(&task) {
                giving.push(name.clone());
            }
            tasks.push(task);
            names.push(name);
        }
        let mut dag = json!({"tasks": tasks});
        if self.random.percent(15) {
            dag["failFast"] = json!(false);
        }
        if self.random.percent(10) {
            dag["target"] = json!(self.random.pick(&names));
        }
        let mut template = json!({"dag": dag});
        self.frame(&mut template, depth, remembered);
        self.add(template)
    }

    fn depends(&mut self, needs: &[String]) -> String {
        let mut text = String::new();
        for need in needs {
            if !text.is_empty() {
                let joint = *self.random.pick(&[" && ", " || "]);
                text.push_str(joint);
            }
            let result = *self.random.pick(&[
                "",
                "",
                "",
                ".Succeeded",
                ".Failed",
                ".Errored",
                ".Skipped",
                ".Omitted",
                ".AnySucceeded",
                ".AllFailed",
            ]);
            if self.random.percent(10) {
                text.push('!');
            }
            text.push_str(need);
            text.push_str(result);
        }
        text
    }

    fn tolerance(&mut self) -> Value {
        let (error, failed) = (self.random.percent(50), self.random.percent(70));
        json!({"error": error, "failed": failed})
    }

    /// A step or task, and those of which it may read something.
    fn task(&mut self, name: &str, word: &str, known: &Known, depth: usize) -> Value {
        let (known, giving) = (&known.names[..], &known.giving[..]);
        let sort = self.random.below(12);
        let item = sort <= 2;
        self.loops += usize::from(item);
        let template = if !giving.is_empty() && self.random.percent(40) {
            self.echo()
        } else if self.random.percent(25) && depth + 1 < DEPTH_MAX {
            self.template(depth + 1, 2)
        } else {
            self.leaf()
        };
        self.loops -= usize::from(item);
        let mut task = json!({"name": name, "template": template});
        match sort {
            0 => {
                let count = self.random.below(4);
                task["withItems"] = json!((0..count).collect::<Vec<_>>());
                if count == 0 {
                    // An empty `withItems` is none (OB-007); an empty list of another kind skips.
                    task["withItems"] = Value::Null;
                    task["withParam"] = json!("[]");
                }
            }
            1 => {
                task["withSequence"] = json!({"count": self.random.below(4).to_string()});
            }
            2 => {
                task["withItems"] = json!([{"k": "a", "n": 1}, {"k": "b(c)", "n": 2}]);
            }
            _ => {}
        }
        if task["withItems"].is_null() {
            drop(task.as_object_mut().and_then(|task| task.remove("withItems")));
        }
        if self.random.percent(20) {
            let when = match known {
                [] => (*self.random.pick(&["1 == 1", "1 == 2"])).to_owned(),
                known => {
                    let phase = *self.random.pick(&["Succeeded", "Failed", "Skipped"]);
                    format!("{{{{{word}.{}.status}}}} == {phase}", self.random.pick(known))
                }
            };
            task["when"] = json!(when);
        }
        if item && self.random.percent(30) && task["withSequence"].is_object() {
            task["when"] = json!("{{item}} != 1");
        }
        if self.template_reads(&template, "m") && self.random.percent(70) {
            let gives = !giving.is_empty() && self.random.percent(60);
            let value = match (item, known) {
                _ if gives => format!("{{{{{word}.{}.outputs.parameters.p}}}}", self.random.pick(giving)),
                (true, _) => "{{item}}".to_owned(),
                (false, []) => "{{workflow.parameters.m}}".to_owned(),
                (false, known) => format!("{{{{{word}.{}.status}}}}", self.random.pick(known)),
            };
            task["arguments"] = json!({"parameters": [{"name": "m", "value": value}]});
        }
        self.loops += usize::from(item);
        self.may_hook(&mut task, name, word);
        self.loops -= usize::from(item);
        task
    }

    fn may_hook(&mut self, task: &mut Value, name: &str, word: &str) {
        let mut hooks = Map::new();
        if self.random.percent(12) {
            hooks.insert("exit".to_owned(), self.hook());
        }
        if self.taste.hooks && self.random.percent(8) {
            // While a node is tried again its status is that of the last attempt (EX-226), for a moment only.
            let retried = self.is_retried(task["template"].as_str().unwrap_or_default());
            let phase =
                *self.random.pick(if retried { &["Succeeded"][..] } else { &["Succeeded", "Failed"] });
            let own = if word == "steps" { name_of_expansion(task, name) } else { format!("\"{name}\"") };
            let expression = format!("{word}[{own}].status == \"{phase}\"");
            let mut hook = self.hook();
            hook["expression"] = json!(expression);
            hooks.insert("after".to_owned(), hook);
        }
        if self.taste.hooks && word == "tasks" && self.errors && self.random.percent(4) {
            // No yes or no: the task is in Error for it, however it ended.
            let hook = json!({"template": self.leaf(), "expression": "\"odd\""});
            hooks.insert("odd".to_owned(), hook);
            self.torn += usize::from(hooks.contains_key("after"));
        }
        if !hooks.is_empty() {
            task["hooks"] = Value::Object(hooks);
        }
    }

    /// A hook, perhaps with arguments of its own.
    fn hook(&mut self) -> Value {
        let template = self.leaf();
        let mut hook = json!({"template": template});
        if self.template_reads(&template, "m") && self.random.percent(50) {
            let value = "hook of {{workflow.parameters.m}}";
            hook["arguments"] = json!({"parameters": [{"name": "m", "value": value}]});
        }
        hook
    }

    fn is_retried(&self, name: &str) -> bool {
        let template = self.templates.iter().find(|template| template["name"] == name);
        template.is_some_and(|template| template["retryStrategy"].is_object())
    }

    /// Whether a step or task has an output for whoever comes after it, whatever happens: a reference to an output of what
    /// was skipped or has failed would be an error of its own.
    fn surely_gives(&self, task: &Value) -> bool {
        let may_lack = ["when", "depends", "withItems", "withParam", "withSequence"];
        let template = self.templates.iter().find(|template| template["name"] == task["template"]);
        let has_output = template.is_some_and(|template| template["outputs"]["parameters"][0]["name"] == "p");
        has_output && may_lack.iter().all(|key| task[*key].is_null())
    }

    fn template_reads(&self, name: &str, parameter: &str) -> bool {
        let template = self.templates.iter().find(|template| template["name"] == name);
        let declared = template.and_then(|template| template.pointer("/inputs/parameters"));
        declared
            .and_then(Value::as_array)
            .is_some_and(|declared| declared.iter().any(|declared| declared["name"] == parameter))
    }

    /// What a steps or dag template may have beside its tasks. With something `remembered` in it since, it is not
    /// run again: the second time would find what the first one left.
    fn frame(&mut self, template: &mut Value, depth: usize, remembered: usize) {
        if self.taste.locks && self.random.percent(8) {
            template["synchronization"] = json!({"mutexes": [{"name": format!("f{depth}")}]});
        }
        if self.taste.limits && self.random.percent(15) {
            template["parallelism"] = json!(1 + self.random.below(3));
        }
        if self.random.percent(8) && self.remembered == remembered {
            self.may_retry(template);
        }
        self.may_remember(template);
    }

    /// Steps may give the status of one of theirs as an output.
    fn may_export(&mut self, template: &mut Value, word: &str, known: &[String]) {
        if self.random.percent(30) {
            let source = format!("{{{{{word}.{}.status}}}}", self.random.pick(known));
            template["outputs"] = json!({
                "parameters": [{"name": "how", "valueFrom": {"parameter": source, "default": "unknown"}}],
            });
        }
    }
}

/// An expression of the name by which the hooks of a step know it: that of the expansion in a loop (EX-244).
fn name_of_expansion(step: &Value, name: &str) -> String {
    let has_members = step["withItems"].get(0).is_some_and(Value::is_object);
    match step {
        _ if has_members => {
            format!("\"{name}(\" + (\"{{{{item.n}}}}\" == \"1\" ? \"0:k:a,n:1\" : \"1:k:bc,n:2\") + \")\"")
        }
        _ if ["withItems", "withParam", "withSequence"].iter().any(|of| !step[*of].is_null()) => {
            format!("\"{name}({{{{item}}}}:{{{{item}}}})\"")
        }
        _ => format!("\"{name}\""),
    }
}
