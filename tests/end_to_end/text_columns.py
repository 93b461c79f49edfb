"""Every column with text that the walk over forms and calls does not reach, and why no patient's number can.

`GUARDED_IN`: the function that refuses it. What writes the column goes through it, page and API alike, and a
test asks that the guard still stands in it. `NOT_TYPED`: what no person types.
"""

GUARDED_IN = {
    "handover.handing._check_statement": "handover.Handover.statement",
    "handover.handing.record_call": "handover.Handover.participants",
    "handover.handing._check_section": (
        "handover.HandoverItem.situation handover.HandoverItem.background handover.HandoverItem.assessment"
        " handover.HandoverItem.next_steps handover.HandoverItem.not_tried handover.HandoverItem.promises"
    ),
    "handover.escalating.escalate": "handover.Page.words handover.Page.reason",
    "handover.lacking.state_sop_gap": "sops.SopGap.reason",
    "sops.services.drafting.write_draft": "sops.Step.words sops.Step.options sops.Step.parameters",
    "sops.services.versions.approve_version": "sops.SopVersion.decision_reason",
    "sops.services.versions.send_back_version": "sops.SopVersion.decision_reason",
    "sops.services.versions.withdraw_version": "sops.SopVersion.decision_reason",
    "incidents.intake.log_incident": "incidents.Incident.call_back_number",
    "incidents.services.override_gate": "incidents.Incident.override_reason",
    "incidents.services.decline": "incidents.Incident.told_caller",
    "incidents.services.resolve": "incidents.Incident.resolution",
    "incidents.calls.log_call": "incidents.PhoneCall.number",
    "incidents.attachments.reading._refuse_name": "incidents.Attachment.name",
    "incidents.admin.CalendarDayForm.clean": "incidents.CalendarDay.title incidents.CalendarDay.reason",
    "incidents.sharing.share": "incidents.IncidentGrant.reason",
    "sops.services.owning.give_sop": "sops.SopGrant.reason",
    "incidents.holds.place": "incidents.LegalHold.reason",
    "incidents.holds.lift": "incidents.LegalHold.lifted_reason",
    "incidents.status.maintenance._checked": "incidents.Maintenance.title",
    "incidents.status.maintenance.post_maintenance": "incidents.MaintenanceUpdate.words",
    "incidents.status.templates.check_template": (
        "incidents.StatusTemplate.name incidents.StatusTemplate.words"
    ),
    "incidents.status.subscribers.services.end": "incidents.Subscriber.ended_reason",
    "incidents.outbox.services._decide": "incidents.OutboxRow.decision_reason",
    "incidents.inbound.receiving.masked": "incidents.ReceivedAlerts.alerts incidents.Proposal.dedup_key",
    "incidents.proposals._fields": (
        "incidents.Proposal.title incidents.Proposal.summary incidents.Proposal.severity"
        " incidents.Proposal.monitor incidents.Proposal.targets incidents.Proposal.labels"
    ),
    "accounts.models.product_detail.ProductDetail.clean": "accounts.ProductDetail.text",
    "accounts.break_glass.take": "accounts.BreakGlass.reason",
    "accounts.break_glass.review": "accounts.BreakGlass.finding",
    "accounts.people.end_access": "accounts.AccessEvent.detail",
    "accounts.sign_in.factors.reset": "accounts.AccessEvent.detail",
    "accounts.sign_in.factors.add_key": "accounts.SecondFactor.name",
}

NOT_TYPED = {
    "a key, a code, a digest or a choice that the desk makes": (
        "handover.Handover.content_hash handover.HandoverItem.edited handover.Page.key sops.Sop.code"
        " sops.Sop.situations sops.SopVersion.author_side sops.SopVersion.approver_side"
        " sops.SopVersion.content_hash sops.Run.content_hash sops.Step.action sops.StepRun.action"
        " sops.StepRun.parameters sops.StepRun.resource_id sops.StepRun.agreed_side sops.StepRun.answer"
        " sops.StepRun.claimed_by sops.StepRun.operation sops.Suspension.action incidents.Incident.reference"
        " incidents.Incident.public_id incidents.Incident.gate_rule incidents.Incident.public_phase"
        " incidents.Incident.escalated_to incidents.Incident.decline_rule incidents.Attachment.content_hash"
        " incidents.TimelineEntry.seal incidents.GuardDecision.field incidents.GuardDecision.place"
        " incidents.Purge.rule incidents.RequestKey.key incidents.RequestKey.fingerprint"
        " incidents.Maintenance.public_id incidents.OutboxRow.event incidents.OutboxRow.key"
        " incidents.OutboxRow.lane incidents.OutboxRow.payload incidents.Heartbeat.name"
        " incidents.PatientReport.places incidents.ReceivedAlerts.source incidents.Proposal.source"
        " incidents.RemoteIncident.place incidents.RemoteIncident.public_id"
        " incidents.RemoteIncident.remote_id incidents.Subscriber.token incidents.Conversation.digest"
        " incidents.SyncCursor.name incidents.RateBudget.name accounts.AccessReview.quarter"
        " accounts.AccessDecision.held accounts.ChainLink.chain accounts.ChainLink.seal"
        " accounts.ChainLink.hash accounts.ChainHead.chain accounts.ChainHead.hash accounts.ChainHead.proof"
        " accounts.Redaction.chain accounts.Redaction.reason accounts.Redaction.seal accounts.Redaction.proof"
        " accounts.ReadRecord.object_type accounts.ReadRecord.object_id accounts.ReadRecord.object_name"
        " accounts.ReadRecord.once accounts.ReadRecord.source accounts.ReadRecord.request_id"
        " accounts.ReadRecord.route accounts.ReadRecord.seal accounts.SecondFactor.sealed"
        " accounts.RecoveryCode.digest accounts.SignInDelay.key accounts.TokenUse.token_key"
        " accounts.User.password accounts.ProviderIdentity.issuer accounts.ProviderIdentity.subject"
    ),
    "our own words, put together of what was guarded": (
        "handover.HandoverItem.outcome sops.StepRun.content incidents.Incident.gate_verdict"
        " incidents.AlertFeed.reason incidents.OutboxRow.last_error incidents.Ticket.read_error"
        " incidents.SyncCursor.last_error"
    ),
    "what a check or an action of the catalogue told, which reads no patient data": (
        "sops.StepRun.summary sops.StepRun.result sops.StepRun.look_words sops.SimulatedState.key"
        " sops.SimulatedState.value"
    ),
    "encrypted, and there to be taken out": "incidents.PatientReport.escrow",
    "the address that a subscriber is told at": "incidents.Subscriber.address",
    "the vendor's register of names, numbers and machines, which service managers alone write": (
        "sops.Sop.title accounts.User.email accounts.User.name accounts.User.phone"
        " accounts.AccessEvent.address"
        " accounts.ServiceGroup.code accounts.ServiceGroup.name accounts.Service.code accounts.Service.name"
        " accounts.Customer.name accounts.Customer.short_name accounts.Customer.contact_phone"
        " accounts.Component.name accounts.Component.location accounts.Component.resource_id"
        " accounts.Component.address accounts.Organisation.name accounts.Team.code accounts.Team.name"
        " accounts.Team.email accounts.Team.phone"
    ),
}
