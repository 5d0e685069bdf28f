//! Medians and spreads: the machine is noisy, so no single figure is believed.

/// Figures of one kind, sorted.
#[derive(Debug, Clone)]
pub struct Sample {
    sorted: Vec<f64>,
}

impl Sample {
    /// Sorts the figures; there must be at least one.
    pub fn new(mut figures: Vec<f64>) -> Result<Sample, String> {
        figures.retain(|figure| figure.is_finite());
        figures.sort_by(f64::total_cmp);
        match figures.is_empty() {
            true => Err("a benchmark gave no figures".to_owned()),
            false => Ok(Sample { sorted: figures }),
        }
    }

    /// The figure that `share` (0 to 1) of all do not exceed.
    pub fn quantile(&self, share: f64) -> f64 {
        let last = self.sorted.len() - 1;
        self.sorted[((last as f64 * share).round() as usize).min(last)]
    }

    /// The figure in the middle.
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The distance between the lowest and the highest quarter, as a share of the median.
    pub fn spread(&self) -> f64 {
        (self.quantile(0.75) - self.quantile(0.25)) / self.median().abs().max(f64::MIN_POSITIVE)
    }
}

/// The exponent e of `cost = c · size^e` that fits best.
pub fn growth_exponent(points: &[(f64, f64)]) -> f64 {
    let logs: Vec<(f64, f64)> = points.iter().map(|(size, cost)| (size.ln(), cost.ln())).collect();
    let count = logs.len() as f64;
    let mean = |pick: fn(&(f64, f64)) -> f64| logs.iter().map(pick).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let covariance: f64 = logs.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    let variance: f64 = logs.iter().map(|point| (point.0 - x).powi(2)).sum();
    covariance / variance
}

#[cfg(test)]
mod tests {
    use super::{Sample, growth_exponent};

    #[test]
    fn quantiles() {
        let sample = Sample::new(vec![5.0, 1.0, 4.0, 2.0, 3.0]).expect("figures");
        assert_eq!((sample.median(), sample.quantile(0.0), sample.quantile(1.0)), (3.0, 1.0, 5.0));
        assert_eq!(sample.spread(), 2.0 / 3.0);
        assert!(Sample::new(vec![f64::NAN]).is_err());
    }

    #[test]
    fn exponents() {
        let points = |exponent: f64| [1e3, 1e4, 1e5].map(|size: f64| (size, 7.0 * size.powf(exponent)));
        assert!((growth_exponent(&points(1.0)) - 1.0).abs() < 1e-9);
        assert!((growth_exponent(&points(1.5)) - 1.5).abs() < 1e-9);
    }
}
