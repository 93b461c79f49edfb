"""The API of incidents: serializers check shape, services act."""
