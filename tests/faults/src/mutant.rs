//! The variants that are broken on purpose.

use anyhow::Result;
use clap::ValueEnum;
use fabric_rabbitmq::RabbitOptions;

/// What a variant does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mutant {
    /// A delivery is acknowledged when it comes, before its handler has run.
    AckBeforeHandling,
    /// A publish is reported as done before the broker has confirmed it.
    PublishedBeforeConfirm,
    /// Nothing is published as mandatory.
    MandatoryOff,
    /// A returned message is believed to belong to the confirm that the driver attaches it to.
    PairingTrusted,
    /// Giving back one delivery gives back all that were delivered before it.
    NackMultiple,
    /// Full queues drop their oldest instead of refusing.
    DropHead,
    /// A delivery is acknowledged before its copy for the next attempt is confirmed.
    NoLadderConfirm,
    /// Publishing and consuming share one connection.
    OneConnection,
}

impl Mutant {
    /// Its name on the command line and in the table.
    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Builds the flaw into an adapter, if that is where it lies. Fails when this program was built without the adapter's flaws.
    pub fn build_in(self, options: &mut RabbitOptions) -> Result<()> {
        build_in(self, options)
    }
}

#[cfg(feature = "flaws")]
#[expect(clippy::unnecessary_wraps, reason = "it fails without the feature")]
fn build_in(mutant: Mutant, options: &mut RabbitOptions) -> Result<()> {
    use fabric_rabbitmq::Flaw;

    options.flaw = match mutant {
        Mutant::MandatoryOff => Some(Flaw::MandatoryOff),
        Mutant::PairingTrusted => Some(Flaw::PairingTrusted),
        Mutant::NackMultiple => Some(Flaw::NackMultiple),
        Mutant::DropHead => Some(Flaw::DropHead),
        Mutant::OneConnection => Some(Flaw::OneConnection),
        Mutant::AckBeforeHandling | Mutant::PublishedBeforeConfirm | Mutant::NoLadderConfirm => None,
    };
    Ok(())
}

#[cfg(not(feature = "flaws"))]
fn build_in(mutant: Mutant, _options: &mut RabbitOptions) -> Result<()> {
    anyhow::bail!("{} needs a build with `--features flaws`", mutant.name())
}
