//! Random scripts for the resource guests (`testsuite/guests/resources`).
//!
//! A script is only worth running if most of it makes sense: the first wrong handle ends the program. So
//! the generator keeps a model of who holds what (no more than that: what has to happen, the oracle says),
//! and at some places, by chance, writes down another handle than the model's. Where the model is wrong
//! about the program, the script is merely shorter than it could be.

use crate::mutate::Random;

/// What a handle is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Item,
    /// An item that the caller has lent.
    Lent,
    Chest,
    /// An item of the other store.
    Other,
}

/// The handles of one component.
#[derive(Debug, Default)]
struct Holder {
    /// How many `$` names there are.
    names: usize,
    live: Vec<(Kind, usize)>,
}

impl Holder {
    fn gain(&mut self, kind: Kind) {
        self.live.push((kind, self.names));
        self.names += 1;
    }
}

/// The generator.
pub struct Scripts<'r> {
    random: &'r mut Random,
    command: Holder,
    keeper: Holder,
    /// Items that the store keeps.
    kept: usize,
    /// One handle in so many is wrong.
    wrong: usize,
}

/// Numbers of new items: few, so that comparisons are of all outcomes; 666 has a destructor that traps.
fn number(random: &mut Random) -> usize {
    match random.below(300) {
        0 => 666,
        n => n % 5,
    }
}

/// A script of up to `length` statements.
pub fn script(random: &mut Random, length: usize) -> String {
    let wrong = [20, 200, 100_000][random.below(3)];
    let mut scripts = Scripts {
        random,
        command: Holder::default(),
        keeper: Holder::default(),
        kept: 0,
        wrong,
    };
    let mut text = String::new();
    for _ in 0..1 + scripts.random.below(length) {
        text.push_str(&scripts.line());
        text.push('\n');
    }
    text
}

impl Scripts<'_> {
    /// Any handle but the right one, most likely.
    fn another(&mut self, keeper: bool) -> String {
        let names = if keeper { &self.keeper } else { &self.command }.names;
        match self.random.below(4) {
            0 => self.random.below(12).to_string(),
            1 => [0, 99, 1 << 28, u32::MAX - 1][self.random.below(4)].to_string(),
            _ => format!("${}", self.random.below(names + 1)),
        }
    }

    /// One of the component's live handles of one of these kinds; `take` it away.
    fn one(&mut self, keeper: bool, kinds: &[Kind], take: bool) -> Option<String> {
        let holder = if keeper {
            &mut self.keeper
        } else {
            &mut self.command
        };
        let fit: Vec<usize> = (0..holder.live.len())
            .filter(|at| kinds.contains(&holder.live[*at].0))
            .collect();
        let at = *self.random.pick(&fit)?;
        let name = holder.live[at].1;
        if take {
            holder.live.remove(at);
        }
        if self.random.below(self.wrong) == 0 {
            return Some(self.another(keeper));
        }
        Some(format!("${name}"))
    }

    fn owned(&mut self, keeper: bool) -> Option<String> {
        self.one(keeper, &[Kind::Item], true)
    }

    fn lent(&mut self, keeper: bool) -> Option<String> {
        self.one(keeper, &[Kind::Item, Kind::Lent], false)
    }

    /// Up to `most` owned items.
    fn some_owned(&mut self, keeper: bool, most: usize) -> Vec<String> {
        let count = self.random.below(most + 1);
        (0..count).map_while(|_| self.owned(keeper)).collect()
    }

    fn some_lent(&mut self, keeper: bool, most: usize) -> Vec<String> {
        let count = self.random.below(most + 1);
        (0..count).map_while(|_| self.lent(keeper)).collect()
    }

    fn gain(&mut self, keeper: bool, count: usize) {
        let holder = if keeper {
            &mut self.keeper
        } else {
            &mut self.command
        };
        (0..count).for_each(|_| holder.gain(Kind::Item));
    }

    /// A statement that either component can do; `None` if what it needs isn't there.
    fn statement(&mut self, keeper: bool) -> Option<String> {
        Some(match self.random.below(18) {
            0 | 1 => {
                self.gain(keeper, 1);
                format!("new {}", number(self.random))
            }
            2 | 3 => {
                let count = self.random.below(6);
                self.gain(keeper, count);
                let numbers: String = (0..count)
                    .map(|_| format!(" {}", number(self.random)))
                    .collect();
                format!("create{numbers}")
            }
            4 | 5 => format!("drop {}", self.owned(keeper)?),
            6 => format!("number {}", self.lent(keeper)?),
            7 => format!("put {} {}", self.owned(keeper)?, self.lent(keeper)?),
            // Whether there is something to take, the model doesn't know.
            8 => format!("take {}", self.lent(keeper)?),
            9 => format!(
                "same {} {}",
                self.lent(keeper)?,
                self.some_lent(keeper, 1).pop()?
            ),
            10 => {
                let (one, other) = (self.owned(keeper)?, self.owned(keeper)?);
                self.gain(keeper, 1);
                format!("greater {one} {other}")
            }
            11 => {
                let all = self.some_owned(keeper, 6);
                self.gain(keeper, all.len());
                format!("reverse {}", all.join(" "))
            }
            12 => format!("sum {}", self.some_lent(keeper, 6).join(" ")),
            13 => format!("look {}", self.some_lent(keeper, 9).join(" ")),
            14 => {
                let (name, all) = match self.random.below(6) {
                    0 => ("one", vec![self.owned(keeper)?]),
                    1 => ("pair", vec![self.owned(keeper)?, self.owned(keeper)?]),
                    2 => ("many", self.some_owned(keeper, 5)),
                    3 => ("labelled", self.some_owned(keeper, 5)),
                    4 => ("nested", self.some_owned(keeper, 5)),
                    _ => ("ok", vec![self.owned(keeper)?]),
                };
                self.gain(keeper, all.len());
                let between = [" ", " / "][usize::from(name == "nested") * self.random.below(2)];
                format!("touch {name} {}", all.join(between))
            }
            15 => {
                let mut all = Vec::new();
                for take in [true, false, true, false, true, false, true] {
                    all.push(self.one(keeper, &[Kind::Item], take)?);
                }
                self.gain(keeper, 4);
                format!("wide {}", all.join(" "))
            }
            16 => {
                self.kept += 1;
                format!("store {}", self.owned(keeper)?)
            }
            _ => {
                if self.kept > 0 {
                    self.kept -= 1;
                    self.gain(keeper, 1);
                }
                "recall".to_owned()
            }
        })
    }

    /// What the keeper does with what it is lent, of which it drops everything, almost always.
    fn keepers(&mut self) -> String {
        let mut statements = Vec::new();
        for _ in 0..self.random.below(5) {
            statements.extend(self.statement(true));
        }
        while self.keeper.live.iter().any(|(kind, _)| *kind == Kind::Lent) {
            let it = self.one(true, &[Kind::Lent], true);
            if self.random.below(self.wrong * 2) != 0 {
                statements.extend(it.map(|it| format!("drop {it}")));
            }
        }
        statements.join(" ; ")
    }

    fn line(&mut self) -> String {
        loop {
            let line = if self.random.below(2) == 0 {
                self.statement(false)
            } else {
                self.commands()
            };
            if let Some(line) = line {
                return line;
            }
        }
    }

    /// A statement that only the command can do.
    fn commands(&mut self) -> Option<String> {
        let item = |this: &mut Self| match this.random.below(3) {
            0 => Some("-".to_owned()),
            _ => this.owned(false),
        };
        Some(match self.random.below(14) {
            0 => {
                let content = item(self)?;
                self.command.gain(Kind::Chest);
                format!("chest {content}")
            }
            1 => format!("drop-chest {}", self.one(false, &[Kind::Chest], true)?),
            2 => {
                let chest = self.one(false, &[Kind::Chest], false)?;
                format!("exchange {chest} {}", item(self)?)
            }
            3 => format!("content {}", self.one(false, &[Kind::Chest], false)?),
            4 => {
                let chest = self.one(false, &[Kind::Chest], true)?;
                self.command.gain(Kind::Item);
                format!("open {chest}")
            }
            5 => {
                let chest = self.one(false, &[Kind::Chest], false)?;
                let it = self.lent(false)?;
                self.keeper.gain(Kind::Lent);
                format!("meet {chest} {it} : {}", self.keepers())
            }
            6 => format!("keeper {}", self.keepers()),
            7 => {
                let it = self.lent(false)?;
                self.keeper.gain(Kind::Lent);
                format!("lend {it} : {}", self.keepers())
            }
            8 => {
                let mut all = vec![self.lent(false)?];
                all.extend(self.some_lent(false, 2));
                all.iter().for_each(|_| self.keeper.gain(Kind::Lent));
                format!("lend-some {} : {}", all.join(" "), self.keepers())
            }
            9 => {
                let all = self.some_owned(false, 4);
                self.gain(true, all.len());
                format!("give-all {}", all.join(" "))
            }
            // By numbers: the keeper's names mean nothing to the command.
            10 => {
                self.command.gain(Kind::Item);
                format!(
                    "fetch {}",
                    1 + self.random.below(self.keeper.live.len() + 1)
                )
            }
            11 => format!(
                "lend-chest {} {}",
                self.one(false, &[Kind::Chest], false)?,
                self.lent(false)?
            ),
            12 => {
                self.command.gain(Kind::Other);
                format!("other {}", number(self.random))
            }
            _ => {
                let name = ["number-other", "drop-other"][self.random.below(2)];
                let it = self.one(false, &[Kind::Other], name == "drop-other")?;
                format!("{name} {it}")
            }
        })
    }
}
