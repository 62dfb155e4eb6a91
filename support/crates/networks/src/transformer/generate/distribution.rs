//! Logits to probabilities to a token.

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

use super::Generate;
use ground::{Result, arg_max, bail};

impl Generate {
    /// The tokens that may be drawn after such logits (vocabulary), the most probable first, with their probabilities,
    /// which sum to 1: softmax of logits / temperature, then the first k, then as few as reach the probability p among
    /// those.
    ///
    /// # Errors
    /// No logits, or some that are no numbers; options out of range.
    pub fn distribution(&self, logits: &[f32]) -> Result<Vec<(u32, f64)>> {
        self.check()?;
        check(logits)?;
        let temperature = self.temperature.unwrap_or(1.0);
        let mut allowed: Vec<(u32, f64)> = (0..).zip(logits.iter().map(|&logit| f64::from(logit))).collect();
        // Stable: of equals, the smaller id first.
        allowed.sort_by(|a, b| b.1.total_cmp(&a.1));
        allowed.truncate(self.top_k.unwrap_or(allowed.len()));
        let most = allowed[0].1;
        allowed.iter_mut().for_each(|(_, x)| *x = ((*x - most) / temperature).exp());
        scale_to_one(&mut allowed);
        if let Some(p) = self.top_p {
            let mut reached = 0.0;
            let before = |(_, probability): &&(u32, f64)| {
                let enough = reached >= p;
                reached += probability;
                !enough
            };
            let kept = allowed.iter().take_while(before).count();
            allowed.truncate(kept);
            scale_to_one(&mut allowed);
        }
        Ok(allowed)
    }
}

fn scale_to_one(allowed: &mut [(u32, f64)]) {
    let sum: f64 = allowed.iter().map(|(_, x)| x).sum();
    allowed.iter_mut().for_each(|(_, x)| *x /= sum);
}

/// One of the tokens, each as often as its probability says.
pub(super) fn draw(allowed: &[(u32, f64)], rng: &mut ChaCha8Rng) -> u32 {
    let mut left: f64 = rng.random();
    for (id, probability) in allowed {
        left -= probability;
        if left < 0.0 {
            return *id;
        }
    }
    allowed[0].0 // the probabilities sum to a little less than 1
}

/// The token with the largest logit; of equals, the one with the smallest id.
pub(super) fn most_probable(logits: &[f32]) -> Result<u32> {
    check(logits)?;
    Ok(arg_max(logits).unwrap_or(0) as u32)
}

/// ln softmax(logits) at a token.
pub(super) fn log_probability(logits: &[f32], id: u32) -> f64 {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let above = |logit: f32| f64::from(logit) - f64::from(most);
    let sum: f64 = logits.iter().map(|&logit| above(logit).exp()).sum();
    above(logits[id as usize]) - sum.ln()
}

fn check(logits: &[f32]) -> Result<()> {
    if logits.is_empty() {
        bail!("there are no logits");
    }
    if let Some(at) = logits.iter().position(|logit| !logit.is_finite()) {
        bail!("the logit of token {at} is {}, a finite number was expected", logits[at]);
    }
    Ok(())
}
