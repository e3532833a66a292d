//! Holds what the fabric promises against real faults: see `fabric-faults --help`.

mod balancer;
mod broker;
mod cells;
mod crash;
mod document;
mod lab;
mod load;
mod mutant;
mod mutants;
mod order;
mod redriver;
mod report;
mod sample;
mod stage;
mod strange;
mod vandal;
mod worker;
mod workers;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

use crate::{
    cells::Cell,
    lab::Lab,
    mutant::Mutant,
    order::Order,
    report::{Report, Row},
};

/// For how long a cell publishes: usually, in the quick run, and with the broken variants.
const SECONDS: u64 = 20;
const QUICK_SECONDS: u64 = 6;
const MUTANT_SECONDS: u64 = 10;
/// How many events a redrive has: usually, and in the quick run.
const REDRIVEN: usize = 10_000;
const QUICK_REDRIVEN: usize = 400;

/// Breaks things and sees whether the event fabric keeps its promises.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// The cells to run, such as F1; all when none is named
    cells: Vec<Cell>,
    /// Run some cells on a single node, in at most three and a half minutes
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Debug, Clone, clap::Args)]
struct Settings {
    /// What everything random follows from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// For how long each cell publishes, 5 to 600
    #[arg(long, value_parser = clap::value_parser!(u64).range(5..=600))]
    seconds: Option<u64>,
    /// Write the table into this page
    #[arg(long)]
    write: Option<PathBuf>,
    /// Keep histories and logs also of what went well
    #[arg(long)]
    keep: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the variants that are broken on purpose: each must be caught
    Mutants {
        /// Which; all when none is named
        mutants: Vec<Mutant>,
        #[command(flatten)]
        settings: Settings,
    },
    #[command(hide = true)]
    Worker(worker::WorkerArgs),
    #[command(hide = true)]
    Redrive(redriver::RedriverArgs),
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let args = Args::parse();
    match args.command {
        Some(Command::Worker(args)) => worker::run(args).await,
        Some(Command::Redrive(args)) => redriver::run(args).await,
        Some(Command::Mutants { mutants, settings }) => run_mutants(&mutants, &settings).await,
        None => run_cells(&args.cells, args.quick, &args.settings).await,
    }
}

async fn run_cells(cells: &[Cell], quick: bool, settings: &Settings) -> Result<ExitCode> {
    let cells = match cells {
        [] if quick => &Cell::QUICK,
        [] => Cell::all(),
        named => named,
    };
    let (seconds, redriven) = if quick { (QUICK_SECONDS, QUICK_REDRIVEN) } else { (SECONDS, REDRIVEN) };
    let order = Order { redriven, ..order(settings, seconds)? };
    let (mut lab, mut rows) = (Lab::default(), Vec::new());
    for cell in cells {
        let result = cell.run(&mut lab, &order).await.map_err(|error| format!("{error:#}"));
        let row = Row { cell: cell.name(), what: cell.what(), seed: order.seed, result };
        show(&row, &order);
        rows.push(row);
    }
    let kept = rows.iter().filter(|row| row.is_clean()).count();
    let table = report::table(&rows);
    println!("\n{table}\n{kept}/{} cells kept every promise", rows.len());
    if let Some(path) = &settings.write {
        let quick = if quick { " --quick" } else { "" };
        let command = format!("fabric-faults{quick} --seed {} --seconds {}", order.seed, order.seconds);
        let circumstances = document::circumstances(&mut lab, &command).await?;
        let section =
            format!("## The cells\n\n{circumstances}\n{table}\n{kept} of {} cells kept every promise.", rows.len());
        document::write(path, "cells", &section)?;
    }
    Ok(if kept == rows.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn run_mutants(mutants: &[Mutant], settings: &Settings) -> Result<ExitCode> {
    let order = order(settings, MUTANT_SECONDS)?;
    let trials = mutants::run(mutants, &order).await?;
    println!("\n{}\n{}", trials.table(), trials.summary());
    if let Some(path) = &settings.write {
        let command = format!("fabric-faults mutants --seed {} --seconds {}", order.seed, order.seconds);
        let circumstances = document::circumstances(&mut Lab::default(), &command).await?;
        let why = "Whether the checks bite: variants of the fabric that are broken on purpose, each in the cell that shows its flaw.";
        let section =
            format!("## The broken variants\n\n{why}\n\n{circumstances}\n{}\n{}.", trials.table(), trials.summary());
        document::write(path, "mutants", &section)?;
    }
    Ok(if trials.are_all_caught() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn order(settings: &Settings, seconds: u64) -> Result<Order> {
    Ok(Order {
        seed: settings.seed,
        seconds: settings.seconds.unwrap_or(seconds),
        driver: None,
        worker: None,
        settle_max: None,
        redriven: QUICK_REDRIVEN,
        keep: settings.keep,
        program: std::env::current_exe().context("this program has no path")?,
    })
}

/// Says at once what came of a cell, and of a broken one how to see it again.
fn show(row: &Row, order: &Order) {
    let cell = &row.cell;
    match &row.result {
        Ok(report) if row.is_clean() => {
            println!("{cell} kept every promise in {:.0} s: {}", report.took.as_secs_f64(), row.what);
        }
        Ok(report) => {
            println!("{cell} BROKE PROMISES: {}", row.what);
            explain(report);
        }
        Err(error) => println!("{cell} DID NOT END: {}\n  {error}", row.what),
    }
    if !row.is_clean() {
        println!(
            "  seed {}; again: cargo run -p fabric-faults -- {cell} --seed {} --seconds {}",
            order.seed, order.seed, order.seconds
        );
    }
}

fn explain(report: &Report) {
    if let Some(verdict) = &report.verdict {
        println!("{verdict}");
    }
    for finding in &report.findings {
        println!("  {finding}");
    }
    if let Some(folder) = &report.folder {
        println!("  histories and logs: {}", folder.display());
    }
}
