//! Files that make a search as long as it can be: many calls of unknown outcome, many keys, many operations open at
//! once, large states. None of them has an answer out of nothing, which would be known at once.

use std::fmt::Write;

use checkers::foreign::ModelName;

/// A file that is hostile to one model.
pub(crate) struct Hostile {
    /// What makes it hostile.
    pub(crate) name: &'static str,
    pub(crate) model: ModelName,
    pub(crate) text: String,
}

/// Numbers that look random, and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// A file that is being written.
struct File {
    text: String,
    process: u64,
    numbers: Numbers,
}

impl File {
    fn new() -> File {
        File {
            text: String::new(),
            process: 100,
            numbers: Numbers(12_345),
        }
    }

    /// A call that never returns.
    fn crashed(&mut self, f: &str, value: &str) {
        self.process += 1;
        let process = self.process;
        let _ = writeln!(
            self.text,
            "{{:process {process}, :type :invoke, :f :{f}, :value {value}}}"
        );
    }

    /// A call of process 1 and its return.
    fn done(&mut self, f: &str, called: &str, returned: &str) {
        let _ = write!(
            self.text,
            "{{:process 1, :type :invoke, :f :{f}, :value {called}}}\n\
             {{:process 1, :type :ok, :f :{f}, :value {returned}}}\n"
        );
    }
}

/// Writes until a file has a size.
fn until(bytes: usize, mut write: impl FnMut(&mut File, u64)) -> String {
    let mut file = File::new();
    for at in 0.. {
        if file.text.len() >= bytes {
            break;
        }
        write(&mut file, at);
    }
    file.text
}

fn crashed_cas(bytes: usize, values: u64) -> String {
    until(bytes, |file, at| {
        if at < values {
            return file.done("write", &at.to_string(), &at.to_string());
        }
        let (one, other) = (file.numbers.below(values), file.numbers.below(values));
        if file.text.len() < bytes / 2 {
            file.crashed("cas", &format!("[{one} {other}]"));
        } else {
            file.done("read", "nil", &one.to_string());
        }
    })
}

fn many_keys(bytes: usize) -> String {
    until(bytes, |file, at| {
        let (key, round) = (at / 40, at % 40);
        let (one, other) = (file.numbers.below(6), file.numbers.below(6));
        match round {
            0..6 => file.done(
                "write",
                &format!("[{key} {round}]"),
                &format!("[{key} {round}]"),
            ),
            6..30 => file.crashed("cas", &format!("[{key} [{one} {other}]]")),
            _ => file.done("read", &format!("[{key} nil]"), &format!("[{key} {one}]")),
        }
    })
}

/// All calls first, so that all are open at once, then reads, then all returns.
fn all_open(bytes: usize) -> String {
    let count = bytes / 110;
    let line = |kind: &str, at: usize| {
        let (process, value) = (at + 10, at % 50);
        format!("{{:process {process}, :type :{kind}, :f :write, :value {value}}}\n")
    };
    let mut file = File::new();
    for at in 0..count {
        file.text += &line("invoke", at);
    }
    for _ in 0..30 {
        let value = file.numbers.below(50).to_string();
        file.done("read", "nil", &value);
    }
    for at in 0..count {
        file.text += &line("ok", at);
    }
    file.done("cas", "[1 50]", "[1 50]");
    file.done("cas", "[1 50]", "[1 50]");
    file.text
}

fn queue(bytes: usize) -> String {
    until(bytes, |file, at| {
        let size = file.text.len();
        let value = if size < bytes / 3 {
            at % 40
        } else {
            file.numbers.below(40)
        };
        if size < bytes / 3 {
            file.done("enqueue", &value.to_string(), &value.to_string());
        } else if size < 2 * bytes / 3 {
            file.crashed("dequeue", "nil");
        } else {
            file.done("dequeue", "nil", &value.to_string());
        }
    })
}

fn set(bytes: usize) -> String {
    until(bytes, |file, at| {
        let value = file.numbers.below(60).to_string();
        if at < 60 {
            file.done("add", &at.to_string(), &at.to_string());
        } else if file.text.len() < bytes / 2 {
            file.crashed(["add", "remove"][(at % 2) as usize], &value);
        } else {
            let answer = (file.numbers.below(2) == 0).to_string();
            file.done("contains", &value, &answer);
        }
    })
}

fn texts(bytes: usize) -> String {
    let mut file = File::new();
    while file.text.len() < bytes / 2 {
        let tail = ["a", "b", "ab", "ba"][file.numbers.below(4) as usize];
        file.crashed("append", &format!("[k \"{tail}\"]"));
    }
    let calls = file.process as usize / 4;
    while file.text.len() < bytes {
        let letters = (0..calls).map(|_| if file.numbers.below(2) == 0 { 'a' } else { 'b' });
        let text: String = letters.collect();
        file.done("get", "[k nil]", &format!("[k \"{text}\"]"));
    }
    file.text
}

fn log(bytes: usize) -> String {
    let mut file = File::new();
    while file.text.len() < bytes / 2 {
        let value = file.numbers.below(40).to_string();
        file.crashed("append", &value);
    }
    while file.text.len() < bytes {
        let values: Vec<String> = (0..4_000).map(|at| (at * 7 % 40).to_string()).collect();
        file.done("read", "nil", &format!("[{}]", values.join(" ")));
    }
    file.done("end-offset", "nil", "3");
    file.text
}

fn registers(bytes: usize) -> String {
    until(bytes, |file, at| {
        let mut number = || file.numbers.below(9);
        let (one, other, held, seen) = (number() % 6, number() % 6, number(), number());
        match at {
            0..54 => {
                let write = format!("[[:w {} {}]]", at / 9, at % 9);
                file.done("txn", &write, &write);
            }
            _ if at % 40 == 0 => {
                let read = format!("[[:r {one} {held}] [:r {other} {seen}]]");
                file.done("txn", &read, &read);
            }
            _ => file.crashed("txn", &format!("[[:w {one} {held}] [:w {other} {seen}]]")),
        }
    })
}

fn locks(bytes: usize) -> String {
    until(bytes, |file, at| {
        let f = ["acquire", "release"][file.numbers.below(2) as usize];
        if at % 5 == 0 {
            file.done(f, "nil", "nil");
        } else {
            file.crashed(f, "nil");
        }
    })
}

/// All hostile files, of about this size.
pub(crate) fn all(bytes: usize) -> Vec<Hostile> {
    let one = |name, model, text| Hostile { name, model, text };
    vec![
        one(
            "crashed cas of few values",
            ModelName::CasRegister,
            crashed_cas(bytes, 12),
        ),
        one(
            "crashed cas of many values",
            ModelName::CasRegister,
            crashed_cas(bytes, 200),
        ),
        one(
            "crashed cas of many keys",
            ModelName::CasRegister,
            many_keys(bytes),
        ),
        one(
            "writes that are all open",
            ModelName::CasRegister,
            all_open(bytes),
        ),
        one("crashed dequeues", ModelName::FifoQueue, queue(bytes)),
        one("crashed adds and removes", ModelName::Set, set(bytes)),
        one("crashed appends of text", ModelName::Kv, texts(bytes)),
        one("crashed appends to a log", ModelName::Log, log(bytes)),
        one(
            "crashed writes of pairs",
            ModelName::MultiRegister,
            registers(bytes),
        ),
        one("crashed locks", ModelName::Mutex, locks(bytes)),
    ]
}
