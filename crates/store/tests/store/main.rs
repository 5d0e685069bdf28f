//! What every store promises, checked on real files and processes.

mod agree;
mod contract;
mod crash;
mod days;
mod files;
mod log;
mod museum;
mod owners;
mod support;
mod year;
