//! The resource. How many there have been, and how many its destructor has seen, is counted.

use crate::exports::test::peers::peer::{self, AccountBorrow, GuestAccount, Mishap};
use std::cell::{Cell, RefCell};

thread_local! {
    static MADE: Cell<u32> = const { Cell::new(0) };
    static DESTROYED: Cell<u32> = const { Cell::new(0) };
}

/// How many have been made, and destroyed.
pub fn numbers() -> (u32, u32) {
    (MADE.get(), DESTROYED.get())
}

pub struct Account {
    owner: String,
    /// What was done and the balance then; the last is the balance now.
    history: RefCell<Vec<(String, i64)>>,
}

impl Account {
    pub fn open(owner: String, balance: i64) -> Account {
        MADE.set(MADE.get() + 1);
        Account { owner, history: RefCell::new(vec![("opened".to_owned(), balance)]) }
    }

    pub fn balance(&self) -> i64 {
        self.history.borrow().last().map_or(0, |(_, balance)| *balance)
    }

    fn change(&self, what: String, by: i64) -> i64 {
        let balance = self.balance() + by;
        self.history.borrow_mut().push((what, balance));
        balance
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        DESTROYED.set(DESTROYED.get() + 1);
    }
}

impl GuestAccount for Account {
    fn new(owner: String, balance: i64) -> Account {
        Account::open(owner, balance)
    }

    fn owner(&self) -> String {
        self.owner.clone()
    }

    fn balance(&self) -> i64 {
        Account::balance(self)
    }

    fn deposit(&self, amount: u32) -> i64 {
        self.change("deposit".to_owned(), amount.into())
    }

    fn withdraw(&self, amount: u32) -> Result<i64, Mishap> {
        let (balance, wanted) = (Account::balance(self), i64::from(amount));
        if wanted > balance {
            return Err(Mishap::Outside((wanted, balance)));
        }
        Ok(self.change("withdrawal".to_owned(), -wanted))
    }

    fn history(&self) -> Vec<(String, i64)> {
        self.history.borrow().clone()
    }

    fn transfer(&self, to: AccountBorrow<'_>, amount: u32) -> Result<(), Mishap> {
        let to: &Account = to.get();
        if std::ptr::eq(self, to) {
            return Err(Mishap::Refused(format!("{} to the same", self.owner)));
        }
        let (balance, wanted) = (Account::balance(self), i64::from(amount));
        if wanted > balance {
            return Err(Mishap::Outside((wanted, balance)));
        }
        self.change(format!("to {}", to.owner), -wanted);
        to.change(format!("from {}", self.owner), wanted);
        Ok(())
    }

    fn merge(all: Vec<peer::Account>) -> Option<peer::Account> {
        let all: Vec<Account> = all.into_iter().map(peer::Account::into_inner).collect();
        let owners: Vec<&str> = all.iter().map(|account| account.owner.as_str()).collect();
        let sum = all.iter().map(Account::balance).sum();
        (!all.is_empty()).then(|| peer::Account::new(Account::open(owners.join("+"), sum)))
    }
}
